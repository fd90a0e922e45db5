// One tool call: name and gist in a line; arguments, progress and result when it is opened.
import { ChevronRight } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { addressOf } from '../../api/client.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { TextBlock } from '../../ui/scroll-box.tsx';
import { Loading } from '../../ui/states.tsx';
import type { CallView } from './timeline.ts';

const DiffView = lazy(() => import('../../ui/diff-view.tsx'));
/** Longer texts are shown to here; the rest on demand. */
const MOST_CHARACTERS = 6_000;

export function CallStep({ runId, call }: { readonly runId: string; readonly call: CallView }) {
  const t = useMessages();
  const formats = useFormats();
  const [isOpen, setOpen] = useState(false);
  const isError = call.end?.result.is_error === true;
  return (
    <details
      className={`call ${call.end === null ? 'is-open-ended' : isError ? 'is-error' : 'is-fine'}`}
      id={`event-${call.seq}`}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <ChevronRight aria-hidden size={14} className="chevron" />
        <code className="call-name">{call.name || t.run.unknownTool}</code>
        <span className="call-gist">{gistOf(call)}</span>
        <span className="meta">
          {call.approval?.allowed === null ? <Badge tone="warn">{t.run.asksApproval}</Badge> : null}
          {isError ? <Badge tone="bad">{t.run.failed}</Badge> : null}
          {call.end === null ? t.run.callRuns : formats.span(call.end.tookMs)}
        </span>
      </summary>
      {isOpen ? <Inside runId={runId} call={call} /> : null}
    </details>
  );
}

/** The argument that says most, in one line. */
function gistOf(call: CallView): string {
  const args = call.args ?? {};
  for (const key of ['command', 'path', 'file', 'url', 'query', 'pattern', 'task', 'name'])
    if (typeof args[key] === 'string') return args[key].split('\n')[0] ?? '';
  const first = Object.values(args).find((value) => typeof value === 'string' || typeof value === 'number');
  return first === undefined ? '' : (String(first).split('\n')[0] ?? '');
}

function Inside({ runId, call }: { readonly runId: string; readonly call: CallView }) {
  const t = useMessages();
  const diff = call.end?.result.details?.diff;
  const args = call.args ? Object.entries(call.args) : [];
  return (
    <div className="call-inside">
      {call.approval ? (
        <p className="notice">
          {call.approval.question.action} — {call.approval.question.reason}{' '}
          {call.approval.allowed === null ? '' : call.approval.allowed ? t.run.allowed : t.run.denied}
        </p>
      ) : null}
      {args.length > 0 || call.rawArgs !== undefined ? <h4>{t.run.arguments}</h4> : null}
      {args.map(([name, value]) => (
        <div key={name} className="argument">
          <span className="argument-name">{name}</span>
          <LongText text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} name={name} />
        </div>
      ))}
      {call.rawArgs === undefined ? null : <LongText text={call.rawArgs} name={t.run.arguments} />}
      {call.end === null && call.progress !== undefined ? (
        <LongText text={call.progress} name={t.run.progress} />
      ) : null}
      {call.end === null ? null : <h4>{call.end.result.is_error ? t.run.error : t.run.result}</h4>}
      {typeof diff === 'string' && diff !== '' ? (
        <Suspense fallback={<Loading lines={4} />}>
          <DiffView diff={diff} canSplit={false} />
        </Suspense>
      ) : (
        <Parts runId={runId} call={call} />
      )}
    </div>
  );
}

function Parts({ runId, call }: { readonly runId: string; readonly call: CallView }) {
  const t = useMessages();
  return call.end?.result.parts.map((part, at) => {
    const key = `${call.seq}.${at}`;
    if (part.type === 'image')
      return (
        <img
          key={key}
          className="call-image"
          src={addressOf('runArtifact', { id: runId, query: { file: part.file } })}
          alt={t.run.image(call.name)}
          loading="lazy"
        />
      );
    return (
      <div key={key}>
        {part.text === '' ? (
          <p className="quiet-text">{t.run.noOutput}</p>
        ) : (
          <LongText text={part.text} name={t.run.result} />
        )}
        {part.full_text_file === undefined ? null : (
          <a
            href={addressOf('runArtifact', { id: runId, query: { file: part.full_text_file } })}
            target="_blank"
            rel="noreferrer"
          >
            {t.run.fullText}
          </a>
        )}
      </div>
    );
  });
}

function LongText({ text, name }: { readonly text: string; readonly name: string }) {
  const t = useMessages();
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > MOST_CHARACTERS;
  return (
    <>
      <TextBlock label={name} text={isLong && !isWhole ? `${text.slice(0, MOST_CHARACTERS)}…` : text} />
      {isLong && !isWhole ? (
        <button type="button" className="button quiet small" onClick={() => setWhole(true)}>
          {t.run.showAll}
        </button>
      ) : null}
    </>
  );
}
