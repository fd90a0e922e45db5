// One run: what was asked, what happens turn by turn, which skills it got and why, what it changed and cost.
import { useMemo, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Run } from '../../../../src/serve/api/contract.ts';
import { useAction, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, RunBadge } from '../../ui/badges.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Figure, Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Elapsed, Time } from '../../ui/time.tsx';
import { useFailureToast, useToast } from '../../ui/toasts.tsx';
import { RunSide } from './run-side.tsx';
import { foldTimeline, type RunView } from './timeline.ts';
import { Timeline } from './timeline-view.tsx';
import { useRunEvents } from './use-events.ts';

export function RunPage() {
  const { id = '' } = useParams();
  const t = useMessages();
  const run = useRoute('run', { id });
  return (
    <Page
      title={run.data ? shorten(run.data.task || t.runs.unnamed(id)) : t.nav.runs}
      heading={<bdi className="clip-3">{run.data ? run.data.task || t.runs.unnamed(id) : '…'}</bdi>}
      above={
        <nav className="crumbs" aria-label={t.nav.crumbs}>
          <Link to={paths.runs()}>{t.nav.runs}</Link>
        </nav>
      }
      aside={
        run.data?.status === 'running' && run.data.can_cancel ? <CancelButton id={run.data.run_id} /> : null
      }
    >
      <Loaded query={run} lines={8}>
        {(data) => <Content key={data.run_id} run={data} />}
      </Loaded>
    </Page>
  );
}

const shorten = (task: string): string => (task.length > 60 ? `${task.slice(0, 59)}…` : task);

function Content({ run }: { readonly run: Run }) {
  const events = useRunEvents(run.run_id, run.status === 'running');
  const view = useMemo(() => foldTimeline(events.events), [events.events]);
  return (
    <>
      <RunFacts run={run} view={view} />
      <div className="with-side run-grid">
        <div className="with-side-main">
          <Timeline run={run} view={view} events={events} />
        </div>
        <RunSide run={run} />
      </div>
    </>
  );
}

function RunFacts({ run, view }: { readonly run: Run; readonly view: RunView }) {
  const t = useMessages();
  const formats = useFormats();
  const isLive = run.status === 'running' && view.end === null;
  const tokens = run.usage && !isLive ? run.usage.input_tokens + run.usage.output_tokens : view.tokens;
  const cost = run.usage && !isLive ? run.usage.cost_usd : view.costUsd;
  return (
    <>
      <p className="meta badges">
        <RunBadge run={view.end && run.status === 'running' ? { ...run, status: view.end.status } : run} />
        {run.purpose === 'task' ? null : <Badge>{t.runs.purposes[run.purpose]}</Badge>}
        {run.source === 'imported' ? <Badge>{t.runs.imported}</Badge> : null}
        <span>
          <Time at={run.started_at} as="moment" />
          {run.model === null ? '' : ` · ${run.model}`}
        </span>
      </p>
      <dl className="figures">
        <Figure
          name={t.run.took}
          value={isLive ? <Elapsed since={run.started_at} /> : !run.took_ms ? '–' : formats.span(run.took_ms)}
        />
        <Figure name={t.run.turns} value={formats.whole(isLive ? view.turns : (run.turns ?? view.turns))} />
        <Figure
          name={t.run.tokensHead}
          value={tokens === 0 && run.usage === null ? '–' : formats.short(tokens)}
          note={
            run.usage && run.usage.cached_input_tokens > 0
              ? t.run.cached(formats.short(run.usage.cached_input_tokens))
              : undefined
          }
        />
        <Figure
          name={t.run.cost}
          value={cost === null ? '–' : formats.money(cost)}
          note={cost === null ? t.run.noPrice : undefined}
        />
      </dl>
      {run.note === null ? null : <p className="notice">{run.note}</p>}
      {run.error === null || run.error === '' ? null : <p className="notice notice-bad">{run.error}</p>}
    </>
  );
}

function CancelButton({ id }: { readonly id: string }) {
  const t = useMessages();
  const tell = useToast();
  const onError = useFailureToast();
  const [isAsked, setAsked] = useState(false);
  const cancel = useAction('cancelRun', ['run', 'runs', 'overview']);
  const confirm = () =>
    cancel.mutate(
      { id, body: {} },
      {
        onError,
        onSuccess: ({ state }) =>
          tell({ text: state === 'asked' ? t.run.cancelAsked : t.run.cancelOver, tone: 'plain' }),
        onSettled: () => setAsked(false),
      },
    );
  return (
    <>
      <button type="button" className="button danger" onClick={() => setAsked(true)}>
        {t.run.cancel}
      </button>
      <ConfirmDialog
        title={t.run.cancelTitle}
        text={t.run.cancelText}
        action={t.run.cancel}
        tone="bad"
        isOpen={isAsked}
        isBusy={cancel.isPending}
        onConfirm={confirm}
        onClose={() => setAsked(false)}
      />
    </>
  );
}
