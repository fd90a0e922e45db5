// All skills: search as you type over the product's own search, filters, sorting, pages.
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';
import type { QueryOf } from '../../../../src/serve/api/contract.ts';
import { usePages } from '../../api/queries.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Choice, Filters, SearchField } from '../../ui/fields.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, MoreButton } from '../../ui/states.tsx';
import { SkillRow } from './skill-row.tsx';

type Query = NonNullable<QueryOf<'skills'>>;
const STATES = [
  'usable',
  'trial',
  'waiting',
  'pinned',
  'quarantined',
  'shadowed',
  'unready',
  'archived',
  'all',
] as const;
const SORTS = ['updated', 'uses', 'success', 'last-used', 'name'] as const;

export function SkillsPage() {
  const t = useMessages();
  const [query, change] = useFilters();
  const pages = usePages('skills', (cursor) => ({
    query: cursor === undefined ? query : { ...query, cursor },
  }));
  const first = pages.data?.pages[0];
  const onSearch = useCallback((q: string) => change({ q }), [change]);
  return (
    <Page title={t.nav.skills}>
      <div className="toolbar">
        <SearchField label={t.skills.search} value={query.q ?? ''} onSearch={onSearch} />
        <Filters
          label={t.skills.state}
          value={query.state ?? 'usable'}
          onChange={(state) => change({ state: state === 'usable' ? '' : state })}
          options={STATES.filter(
            (state) =>
              first === undefined ||
              state === query.state ||
              ['usable', 'all'].includes(state) ||
              first.counts[state] > 0,
          ).map((state) => ({
            value: state,
            text: t.skills.states[state],
            ...(first ? { count: first.counts[state] } : {}),
          }))}
        />
        <MoreFilters query={query} change={change} facets={first?.facets} />
      </div>
      {pages.error && !first ? (
        <ErrorState error={pages.error} retry={() => pages.refetch()} />
      ) : first === undefined ? (
        <Loading lines={8} />
      ) : (
        <Results
          pages={pages}
          query={query}
          clear={() => change({ q: '', state: '', origin: '', host: '', tag: '' })}
        />
      )}
    </Page>
  );
}

type Pages = ReturnType<typeof usePages<'skills'>>;
type Facets = NonNullable<Pages['data']>['pages'][number]['facets'];
type Change = (next: Record<string, string>) => void;

function MoreFilters({
  query,
  change,
  facets,
}: {
  query: Query;
  change: Change;
  facets: Facets | undefined;
}) {
  const t = useMessages();
  const tags = facets?.tags ?? [];
  return (
    <div className="toolbar-more">
      <Choice
        label={t.skills.sort}
        value={query.sort ?? ''}
        none={query.q ? t.skills.sorts.fit : t.skills.sorts.name}
        options={SORTS.filter((value) => query.q || value !== 'name').map((value) => ({
          value,
          text: t.skills.sorts[value],
        }))}
        onChange={(sort) => change({ sort })}
      />
      <Choice
        label={t.skills.origin}
        value={query.origin ?? ''}
        none={t.skills.any}
        options={(facets?.origins ?? []).map(({ value, count }) => ({
          value,
          text: `${t.origin[value]} (${count})`,
        }))}
        onChange={(origin) => change({ origin })}
      />
      <Choice
        label={t.skills.host}
        value={query.host ?? ''}
        none={t.skills.any}
        options={(facets?.hosts ?? []).map(({ value, count }) => ({
          value,
          text: `${t.host[value]} (${count})`,
        }))}
        onChange={(host) => change({ host })}
      />
      {tags.length > 0 || query.tag ? (
        <Choice
          label={t.skills.tag}
          value={query.tag ?? ''}
          none={t.skills.any}
          options={tags.map(({ value, count }) => ({ value, text: `${value} (${count})` }))}
          onChange={(tag) => change({ tag })}
        />
      ) : null}
    </div>
  );
}

function Results({ pages, query, clear }: { pages: Pages; query: Query; clear: () => void }) {
  const t = useMessages();
  const formats = useFormats();
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const total = pages.data?.pages[0]?.total ?? 0;
  return (
    <>
      <p className="count" role="status">
        {t.skills.found(formats.whole(total), total)}
      </p>
      {items.length === 0 ? (
        <EmptyState title={t.skills.emptyTitle}>
          <p>{query.q ? t.skills.emptySearch : t.skills.emptyText}</p>
          <button type="button" className="button" onClick={clear}>
            {t.skills.clear}
          </button>
        </EmptyState>
      ) : (
        <ul className="skill-list" aria-busy={pages.isPlaceholderData}>
          {items.map((item) => (
            <SkillRow key={item.skill_id} skill={item} />
          ))}
        </ul>
      )}
      <MoreButton pages={pages} />
    </>
  );
}

/** Filters are in the address, so that a view can be shared and the Back key works. */
function useFilters(): [Query, Change] {
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (next: Record<string, string>) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [key, value] of Object.entries(next)) {
            if (value === '') after.delete(key);
            else after.set(key, value);
          }
          return after;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setParams],
  );
  const query: Query = {};
  const q = params.get('q');
  if (q) query.q = q;
  const state = STATES.find((one) => one === params.get('state'));
  if (state) query.state = state;
  const sort = SORTS.find((one) => one === params.get('sort'));
  if (sort) query.sort = sort;
  const origin = ORIGINS.find((one) => one === params.get('origin'));
  if (origin) query.origin = origin;
  const host = HOSTS.find((one) => one === params.get('host'));
  if (host) query.host = host;
  const tag = params.get('tag');
  if (tag) query.tag = tag;
  return [query, change];
}

const ORIGINS = [
  'imported',
  'edited',
  'captured',
  'derived',
  'fixed',
  'merged',
  'shrunk',
  'restored',
] as const;
const HOSTS = ['host', 'configured', 'project', 'agents', 'user', 'other-agent', 'library'] as const;
