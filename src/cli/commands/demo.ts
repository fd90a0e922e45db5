// `openspace demo`: the main job and what is learnt from it, played by a scripted model with real tools. No key, no network.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../../config/index.ts';
import {
  DEMO_SKILL,
  DEMO_TASKS,
  demoModel,
  makeDemoFolders,
  type OpenSpace,
  openOpenSpace,
  type RunReport,
} from '../../engine/index.ts';
import { colors as pc } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../failure.ts';
import { createProgress, formatCount } from '../render.ts';
import { reportToJson } from '../task-output.ts';

export function build(context: CliContext): Command {
  return new Command('demo')
    .description(
      'See a task done, learnt from, and the next one done better, by a scripted model with real tools in a temporary folder.',
    )
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const folders = makeDemoFolders();
      try {
        await play(folders, flags.json === true, context);
      } finally {
        folders.remove();
      }
    });
}

interface Done {
  readonly report: RunReport;
  readonly written: string;
}

async function play(
  folders: ReturnType<typeof makeDemoFolders>,
  json: boolean,
  context: CliContext,
): Promise<void> {
  const say = json ? () => undefined : context.stderr;
  const config = loadConfig({
    env: { PATH: context.env.PATH, OPENSPACE_HOME: folders.home },
    cwd: folders.workspace,
    userHome: folders.home,
    // Here the trial serves every task: there are only two.
    flags: { 'learning.mode': 'auto', 'learning.trial_share': 1 },
  });
  say(
    `${pc.bold('Demo.')} A scripted model plays; tools, learning and recordings are real. No task of yours is run.\n`,
  );
  await using openSpace = await openOpenSpace({ config, model: demoModel() });
  const done: Done[] = [];
  for (const { task, file } of DEMO_TASKS) {
    say(`\n${pc.dim('task  ')} ${task}\n${pc.dim('file  ')} ${file}, with amounts like 1.234,50\n\n`);
    done.push(await doTask(openSpace, task, folders.workspace, json, context));
    await learn(openSpace, say, context);
  }
  const [first, second] = done;
  if (first === undefined || second === undefined) throw new Error('the demo has two tasks');
  const right = DEMO_TASKS.every(({ total }, at) => done[at]?.written === total);
  const better = second.report.skills.includes(DEMO_SKILL) && second.report.turns < first.report.turns;
  context.exitCode = right && better ? EXIT.done : EXIT.notDone;
  if (json) {
    const runs = done.map(({ report, written }) => ({ ...reportToJson(report), file_content: written }));
    context.stdout(`${JSON.stringify({ scripted: true, runs })}\n`);
    return;
  }
  context.stdout(`${first.report.answer}\n${second.report.answer}\n`);
  say(
    `\n${pc.dim('first time ')} ${facts(first.report)}\n${pc.dim('second time')} ${facts(second.report)}, thanks to the skill it had learnt\n`,
  );
  say(
    `\nFor tasks of your own, set a model:  ${pc.cyan('export OPENSPACE_MODEL=openrouter/anthropic/claude-sonnet-4.5 OPENROUTER_API_KEY=…')}\n`,
  );
}

const facts = ({ turns, usage }: RunReport) =>
  `${turns} turns, ${formatCount(usage.inputTokens + usage.outputTokens)} tokens`;

async function doTask(
  openSpace: OpenSpace,
  task: string,
  workspace: string,
  json: boolean,
  context: CliContext,
): Promise<Done> {
  const progress = createProgress({
    write: context.stderr,
    style: json ? 'quiet' : context.isTerminal ? 'live' : 'plain',
    columns: context.columns,
  });
  const run = openSpace.run({ task, purpose: 'demo', signal: context.signal });
  for await (const event of run.events) progress.show(event);
  progress.end();
  const file = join(workspace, 'total.txt');
  const report = await run.report;
  return { report, written: existsSync(file) ? readFileSync(file, 'utf8').trim() : 'nothing' };
}

/** What the background worker would do after the run. */
async function learn(
  openSpace: OpenSpace,
  say: (text: string) => void,
  { signal }: CliContext,
): Promise<void> {
  await openSpace.learning().drain({
    signal,
    onJob: ({ kind, note }) => say(`${pc.dim(kind === 'analyze' ? 'analysed' : 'learnt  ')} ${note}\n`),
  });
}
