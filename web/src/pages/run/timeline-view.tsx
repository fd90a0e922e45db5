// The timeline of a run: attempts, turns, words, tool calls with what they gave, as they come.
import { ChevronRight } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { Run } from '../../../../src/serve/api/contract.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Section } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { CallStep } from './call-step.tsx';
import type { AttemptView, NoteView, RunView, StepView, TurnView, WordsView } from './timeline.ts';
import type { Events } from './use-events.ts';

export function Timeline(props: { readonly run: Run; readonly view: RunView; readonly events: Events }) {
  const t = useMessages();
  const { run, view, events } = props;
  const isLive = run.status === 'running' && view.end === null;
  return (
    <Section title={t.run.timeline}>
      {events.error && events.events.length === 0 ? <ErrorState error={events.error} /> : null}
      {events.isLoading && events.events.length === 0 ? <Loading lines={6} /> : null}
      {!events.isLoading && events.events.length === 0 && !events.error && !isLive ? (
        <EmptyState title={t.run.noEvents}>
          <p>{t.run.noEventsText}</p>
        </EmptyState>
      ) : null}
      <div role="log" aria-label={t.run.timeline} aria-live={isLive ? 'polite' : 'off'}>
        {view.attempts.map((attempt) => (
          <Attempt
            key={attempt.seq}
            runId={run.run_id}
            attempt={attempt}
            isOnly={view.attempts.length === 1}
          />
        ))}
      </div>
      {isLive ? (
        <p className="pulse">
          <span className="live-dot" aria-hidden /> {t.run.goesOn}
        </p>
      ) : null}
      <Answer text={view.end?.answer || run.answer} />
    </Section>
  );
}

function Answer({ text }: { readonly text: string }) {
  const t = useMessages();
  if (text === '') return null;
  return (
    <div className="answer">
      <h3>{t.run.answer}</h3>
      <p className="prose">{text}</p>
    </div>
  );
}

function Attempt(props: { readonly runId: string; readonly attempt: AttemptView; readonly isOnly: boolean }) {
  const t = useMessages();
  const formats = useFormats();
  const { runId, attempt, isOnly } = props;
  const { end } = attempt;
  return (
    <div className="attempt">
      {isOnly && attempt.skills.length === 0 ? null : (
        <h3 className="attempt-head">
          {t.run.attempt(attempt.attempt)}
          {attempt.skills.length > 0 ? (
            <span className="attempt-skills">
              {t.run.withSkills}{' '}
              {attempt.skills.map((skill) => (
                <Link key={skill.version_id} className="tag" to={paths.skill(skill.skill_id)}>
                  {skill.name}
                </Link>
              ))}
            </span>
          ) : (
            <span className="attempt-skills">{t.run.withoutSkills}</span>
          )}
        </h3>
      )}
      <ol className="turns">
        {attempt.turns.map((turn) => (
          <Turn key={turn.key} runId={runId} turn={turn} />
        ))}
      </ol>
      {end === null ? null : (
        <p className="attempt-end meta">
          {t.run.attemptEnd(t.runStatusText(end.outcome.status))} · {t.run.turnCount(end.outcome.turns)} ·{' '}
          {t.run.tokens(formats.short(end.outcome.usage.input_tokens + end.outcome.usage.output_tokens))}
          {end.outcome.error === undefined ? '' : ` · ${end.outcome.error.message}`}
        </p>
      )}
    </div>
  );
}

const Turn = memo(function Turn({ runId, turn }: { readonly runId: string; readonly turn: TurnView }) {
  const t = useMessages();
  return (
    <li className="turn">
      <span className="turn-head">
        <span className="turn-number">{turn.turn === 0 ? '·' : t.run.turn(turn.turn)}</span>
        <span className="meta">
          <Time at={turn.at} as="clock" />
        </span>
      </span>
      <div className="turn-steps">
        {turn.steps.map((step) => (
          <Step key={step.seq} runId={runId} step={step} />
        ))}
      </div>
    </li>
  );
});

function Step({ runId, step }: { readonly runId: string; readonly step: StepView }) {
  if (step.kind === 'call') return <CallStep runId={runId} call={step} />;
  if (step.kind === 'words') return <Words words={step} />;
  return <Note note={step} />;
}

function Words({ words }: { readonly words: WordsView }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <div className="words" id={`event-${words.seq}`}>
      {words.text === '' ? null : <p className="prose">{words.text}</p>}
      {words.error === undefined ? null : <p className="notice notice-bad">{words.error}</p>}
      <p className="meta">
        {t.run.tokens(formats.short(words.tokens))} · {formats.span(words.tookMs)}
        {words.costUsd === null ? '' : ` · ${formats.money(words.costUsd)}`}
      </p>
    </div>
  );
}

function Note({ note }: { readonly note: NoteView }) {
  const t = useMessages();
  const formats = useFormats();
  const { event } = note;
  return (
    <div className="step-note" id={`event-${note.seq}`}>
      {event.type === 'note' ? (
        event.text
      ) : event.type === 'context-fitted' ? (
        t.run.contextFitted(event.dropped_messages, formats.short(event.tokens))
      ) : event.type === 'skill-retrieved' ? (
        <>
          {t.run.skillRetrieved} <Link to={paths.skill(event.skill.skill_id)}>{event.skill.name}</Link>
          {event.skill.reason === '' ? '' : `: ${event.skill.reason}`}
        </>
      ) : (
        <details>
          <summary>
            <ChevronRight aria-hidden size={14} className="chevron" />
            {event.applied
              ? t.run.filesChanged(event.changes.length)
              : t.run.filesDropped(event.changes.length)}
          </summary>
          <ul className="plain-list">
            {event.changes.map((change) => (
              <li key={change.path}>
                <span className="path">{change.path}</span>{' '}
                <span className="meta">{t.fileChange[change.change]}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
