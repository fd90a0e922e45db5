// What a person sees while a task runs: one line for each step on stderr, and a live status line on a terminal.
import type { RunStreamEvent } from '../engine/index.ts';
import { oneLine } from '../lib/index.ts';
import { colors as pc } from './colors.ts';

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** `live`: a terminal; `plain`: lines only; `quiet`: nothing. */
  readonly style: 'live' | 'plain' | 'quiet';
  readonly columns: number;
  readonly now?: () => number;
}

export interface Progress {
  show(event: RunStreamEvent): void;
  /** Takes the live line away while something else uses the terminal. */
  pause(): void;
  resume(): void;
  /** Removes the live line for good. */
  end(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** `12s`, `3m 05s`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60
    ? `${seconds}s`
    : `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}

/** `950`, `12.3k`, `1.2M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

export const formatCost = (usd: number | null) => (usd === null ? '' : `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`);

/** Makes a progress display. Call `end` when the run is over. */
export function createProgress({ write, style, columns, now = Date.now }: ProgressOptions): Progress {
  if (style === 'quiet') return { show() {}, pause() {}, resume() {}, end() {} };
  const started = now();
  const state = { turn: 0, step: 'starting', tokens: 0, cost: null as number | null };
  let frame = 0;
  let paused = false;
  const clear = () => style === 'live' && write('\r\u001b[2K');
  const draw = () => {
    if (style !== 'live' || paused) return;
    frame += 1;
    const facts = [
      `turn ${state.turn}`,
      formatElapsed(now() - started),
      `${formatCount(state.tokens)} tokens`,
      formatCost(state.cost),
    ];
    const text = `${FRAMES[frame % FRAMES.length]} ${state.step} · ${facts.filter(Boolean).join(' · ')}`;
    write(`\r\u001b[2K${pc.dim(oneLine(text, Math.max(20, columns - 1)))}`);
  };
  const timer = style === 'live' ? setInterval(draw, 120) : undefined;
  timer?.unref();
  const line = (text: string) => {
    clear();
    write(`${text}\n`);
  };
  return {
    show(event) {
      if (event.type === 'turn-start') Object.assign(state, { turn: event.turn, step: 'thinking' });
      if (event.type === 'text-delta') state.step = 'answering';
      if (event.type === 'tool-start') state.step = describeCall(event.call);
      if (event.type === 'tool-progress') state.step = event.text;
      if (event.type === 'model-reply') {
        const { usage } = event.reply;
        state.tokens += usage.inputTokens + usage.outputTokens;
        if (usage.costUsd !== null) state.cost = (state.cost ?? 0) + usage.costUsd;
      }
      const text = describeStep(event, columns);
      if (text !== undefined) line(text);
      draw();
    },
    pause() {
      clear();
      paused = true;
    },
    resume() {
      paused = false;
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}

type Call = Extract<RunStreamEvent, { type: 'tool-start' }>['call'];

/** `run_shell ls -la`: the tool and its most telling argument. */
export function describeCall({ name, args }: Call): string {
  const first =
    args === undefined
      ? undefined
      : (args.command ?? args.path ?? args.pattern ?? args.query ?? args.url ?? Object.values(args)[0]);
  return first === undefined ? name : `${name} ${typeof first === 'string' ? first : JSON.stringify(first)}`;
}

/** The line for an event that people want to keep on screen, or undefined. */
function describeStep(event: RunStreamEvent, columns: number): string | undefined {
  const width = Math.max(20, columns - 14);
  switch (event.type) {
    case 'skills-chosen':
      return event.choice.picked.length === 0
        ? undefined
        : `${pc.magenta('◆')} skills: ${event.choice.picked.map((skill) => skill.name).join(', ')}`;
    case 'attempt-start':
      return event.attempt === 1 ? undefined : `${pc.yellow('↻')} second attempt, without skills`;
    case 'tool-end': {
      const mark = event.result.isError ? pc.red('✗') : pc.green('✓');
      return `${mark} ${oneLine(describeCall(event.call), width)} ${pc.dim(`${(event.tookMs / 1000).toFixed(1)}s`)}`;
    }
    case 'approval-end':
      return event.allowed ? undefined : `${pc.yellow('–')} not allowed`;
    case 'context-fitted':
      return pc.dim(`… older messages were shortened to fit the model (${event.droppedMessages} left out)`);
    case 'note':
      return pc.dim(`· ${event.text}`);
    default:
      return undefined;
  }
}
