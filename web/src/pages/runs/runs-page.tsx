// All runs, newest first, those that go on at the top and live.
import { useCallback, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type { QueryOf, RunItem } from '../../../../src/serve/api/contract.ts';
import { useAction, usePages, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, RunBadge } from '../../ui/badges.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Choice, SearchField } from '../../ui/fields.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, MoreButton } from '../../ui/states.tsx';
import { Elapsed, Time } from '../../ui/time.tsx';
import { useFailureToast } from '../../ui/toasts.tsx';

type Query = NonNullable<QueryOf<'runs'>>;
const STATUSES = ['running', 'done', 'incomplete', 'out-of-budget', 'error', 'cancelled'] as const;
const PURPOSES = ['task', 'demo', 'replay'] as const;

export function RunsPage() {
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const [isStarting, setStarting] = useState(false);
  const set = useCallback(
    (key: string, value: string) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === '') after.delete(key);
          else after.set(key, value);
          return after;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setParams],
  );
  const onSearch = useCallback((q: string) => set('q', q), [set]);
  const query: Query = {};
  const q = params.get('q');
  if (q) query.q = q;
  const status = STATUSES.find((one) => one === params.get('status'));
  if (status) query.status = status;
  const purpose = PURPOSES.find((one) => one === params.get('purpose'));
  if (purpose) query.purpose = purpose;
  const skill = params.get('skill');
  if (skill) query.skill = skill;
  return (
    <Page
      title={t.nav.runs}
      aside={
        <button type="button" className="button primary" onClick={() => setStarting(true)}>
          {t.runs.start}
        </button>
      }
    >
      <div className="toolbar">
        <SearchField label={t.runs.search} value={q ?? ''} onSearch={onSearch} />
        <div className="toolbar-more">
          <Choice
            label={t.runs.status}
            value={status ?? ''}
            none={t.skills.any}
            options={STATUSES.map((value) => ({ value, text: t.runStatus[value] }))}
            onChange={(value) => set('status', value)}
          />
          <Choice
            label={t.runs.purpose}
            value={purpose ?? ''}
            none={t.runs.purposes.usual}
            options={PURPOSES.map((value) => ({ value, text: t.runs.purposes[value] }))}
            onChange={(value) => set('purpose', value)}
          />
        </div>
      </div>
      <Results query={query} />
      <StartDialog isOpen={isStarting} onClose={() => setStarting(false)} />
    </Page>
  );
}

function Results({ query }: { readonly query: Query }) {
  const t = useMessages();
  const pages = usePages('runs', (cursor) => ({
    query: cursor === undefined ? query : { ...query, cursor },
  }));
  if (pages.error && !pages.data) return <ErrorState error={pages.error} retry={() => pages.refetch()} />;
  if (!pages.data) return <Loading lines={8} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return (
      <EmptyState title={Object.keys(query).length > 0 ? t.runs.noneFound : t.runs.emptyTitle}>
        <p>{Object.keys(query).length > 0 ? t.runs.noneFoundText : t.runs.emptyText}</p>
      </EmptyState>
    );
  return (
    <>
      <ul className="run-list" aria-busy={pages.isPlaceholderData}>
        {items.map((run) => (
          <RunRow key={run.run_id} run={run} />
        ))}
      </ul>
      <MoreButton pages={pages} />
    </>
  );
}

function RunRow({ run }: { readonly run: RunItem }) {
  const t = useMessages();
  const formats = useFormats();
  const tokens = run.usage === null ? null : run.usage.input_tokens + run.usage.output_tokens;
  return (
    <li className={run.status === 'running' ? 'run-row is-running' : 'run-row'}>
      <div className="run-row-main">
        <h2 className="run-row-name clip-2">
          <Link to={paths.run(run.run_id)}>
            <bdi>{run.task || t.runs.unnamed(run.run_id)}</bdi>
          </Link>
        </h2>
        <p className="meta badges">
          <RunBadge run={run} />
          {run.purpose === 'task' ? null : <Badge>{t.runs.purposes[run.purpose]}</Badge>}
          {run.source === 'imported' ? <Badge>{t.runs.imported}</Badge> : null}
          <span>
            <Time at={run.started_at} />
            {run.model === null ? '' : ` · ${run.model}`}
          </span>
          {run.skills.map((skill) => (
            <Link key={skill.version_id} className="tag" to={paths.skill(skill.skill_id)}>
              {skill.name}
            </Link>
          ))}
        </p>
        {run.error !== null && run.error !== '' ? <p className="run-row-error clip-2">{run.error}</p> : null}
      </div>
      <p className="run-row-side meta">
        {run.status === 'running' ? (
          <Elapsed since={run.started_at} />
        ) : run.took_ms ? (
          <span>{formats.span(run.took_ms)}</span>
        ) : null}
        {run.turns === null ? null : <span>{t.run.turnCount(run.turns)}</span>}
        {tokens === null ? null : <span>{t.run.tokens(formats.short(tokens))}</span>}
      </p>
    </li>
  );
}

function StartDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const t = useMessages();
  const navigate = useNavigate();
  const onError = useFailureToast();
  const about = useRoute('about', {}).data;
  const start = useAction('startRun', ['runs', 'overview']);
  const [task, setTask] = useState('');
  return (
    <Dialog title={t.runs.startTitle} isOpen={isOpen} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(
            { body: { task } },
            {
              onError,
              onSuccess: ({ run_id }) => {
                onClose();
                return navigate(paths.run(run_id));
              },
            },
          );
        }}
      >
        <label className="field">
          <span>{t.runs.task}</span>
          <textarea rows={6} required value={task} onChange={(event) => setTask(event.target.value)} />
        </label>
        <p className="hint">{about?.model ? t.runs.startText(about.model) : t.runs.noModel}</p>
        <div className="dialog-foot">
          <button type="button" className="button quiet" onClick={onClose}>
            {t.actions.cancel}
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={task.trim() === '' || start.isPending || !about?.model}
          >
            {t.runs.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
