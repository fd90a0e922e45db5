// What learning proposes and a person decides: a list, and the one that is looked at, both by keyboard.
import { useCallback, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { ProposalItem, ProposalPage } from '../../../../src/serve/api/contract.ts';
import { usePages } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, ProposalBadge } from '../../ui/badges.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Filters } from '../../ui/fields.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, MoreButton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ProposalView } from './proposal-view.tsx';
import { useKeys } from './use-keys.ts';

const STATES = ['waiting', 'decided', 'all'] as const;

export function ReviewPage() {
  const { id } = useParams();
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const state = STATES.find((one) => one === params.get('state')) ?? 'waiting';
  const pages = usePages('proposals', (cursor) => ({
    query: cursor === undefined ? { state } : { state, cursor },
  }));
  const items = pages.data?.pages.flatMap((page: ProposalPage) => page.items) ?? [];
  const shown = id ?? items[0]?.proposal_id;
  const open = useOpen();
  const step = (by: number) => {
    const at = items.findIndex((item) => item.proposal_id === shown);
    const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
    if (next) open(next.proposal_id);
  };
  useKeys({ j: () => step(1), k: () => step(-1), '?': () => setHelpOpen(true) });
  return (
    <Page
      title={t.nav.review}
      aside={
        <div className="actions">
          <Filters
            label={t.review.state}
            value={state}
            onChange={(next) => setParams(next === 'waiting' ? {} : { state: next }, { replace: true })}
            options={STATES.map((value) => ({
              value,
              text: t.review.states[value],
              ...(value === 'waiting' && pages.data?.pages[0] ? { count: pages.data.pages[0].waiting } : {}),
            }))}
          />
          <button
            type="button"
            className="icon-button wide-only"
            aria-label={t.review.keys}
            onClick={() => setHelpOpen(true)}
          >
            ?
          </button>
        </div>
      }
    >
      <KeysDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
      {pages.error && !pages.data ? (
        <ErrorState error={pages.error} retry={() => pages.refetch()} />
      ) : !pages.data ? (
        <Loading lines={6} />
      ) : shown === undefined ? (
        <EmptyState title={t.review.emptyTitle}>
          <p>{state === 'waiting' ? t.review.emptyText : t.review.emptyDecided}</p>
        </EmptyState>
      ) : (
        <div className={id === undefined ? 'review' : 'review has-chosen'}>
          <div className="review-list">
            <List items={items} shown={shown} />
            <MoreButton pages={pages} />
          </div>
          <div className="review-detail">
            <Link className="back" to={paths.review()}>
              ← {t.review.back}
            </Link>
            <ProposalView key={shown} id={shown} onDecided={() => step(1)} />
          </div>
        </div>
      )}
    </Page>
  );
}

/** Keeps the filter while another proposal is opened. */
function useOpen(): (id: string) => void {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const search = params.toString();
  return useCallback(
    (id: string) => {
      void navigate({ pathname: paths.review(id), search }, { preventScrollReset: true });
    },
    [navigate, search],
  );
}

function List({ items, shown }: { readonly items: readonly ProposalItem[]; readonly shown: string }) {
  const t = useMessages();
  const [params] = useSearchParams();
  return (
    <ul className="slips">
      {items.map((item) => (
        <li key={item.proposal_id}>
          <Link
            className="slip"
            to={{ pathname: paths.review(item.proposal_id), search: params.toString() }}
            aria-current={item.proposal_id === shown ? 'true' : undefined}
            preventScrollReset
          >
            <span className="slip-head">
              <Badge tone="info">{t.proposalKind[item.kind]}</Badge>
              <bdi className="slip-name">{item.skill_name ?? t.review.newSkill}</bdi>
              {item.state === 'proposed' ? null : <ProposalBadge state={item.state} />}
            </span>
            <span className="slip-text">{item.summary || item.direction}</span>
            <span className="meta">
              {t.review.lines(item.changed_lines)} · <Time at={item.created_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function KeysDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const t = useMessages();
  return (
    <Dialog title={t.review.keys} isOpen={isOpen} onClose={onClose}>
      <dl className="keys">
        {t.review.keyList.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
