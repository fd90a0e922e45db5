// One proposal: what it changes and why, what the gate and the replays say, and the decision.
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router';
import type { Proposal } from '../../../../src/serve/api/contract.ts';
import type { JsonRoute } from '../../api/client.ts';
import { SKILL_READS, useAction, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, ProposalBadge } from '../../ui/badges.tsx';
import { Section } from '../../ui/page.tsx';
import { Loaded, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { useFailureToast, useToast } from '../../ui/toasts.tsx';
import { EditProposalDialog, RejectDialog } from './decision-dialogs.tsx';
import { useKeys } from './use-keys.ts';
import { VerdictView } from './verdict-view.tsx';

const DiffView = lazy(() => import('../../ui/diff-view.tsx'));
const TOUCHED: readonly JsonRoute[] = SKILL_READS;

export function ProposalView({ id, onDecided }: { readonly id: string; readonly onDecided: () => void }) {
  const proposal = useRoute('proposal', { id });
  return (
    <Loaded query={proposal} lines={10}>
      {(data) => <Content proposal={data} onDecided={onDecided} />}
    </Loaded>
  );
}

function Content({ proposal, onDecided }: { readonly proposal: Proposal; readonly onDecided: () => void }) {
  const t = useMessages();
  const formats = useFormats();
  const cost = proposal.cost_usd === null ? '' : ` · ${formats.money(proposal.cost_usd)}`;
  return (
    <article className="proposal" aria-label={proposal.summary || proposal.direction}>
      <header className="proposal-head">
        <p className="badges">
          <Badge tone="info">{t.proposalKind[proposal.kind]}</Badge>
          <ProposalBadge state={proposal.state} />
          <span className="meta">
            <Time at={proposal.created_at} /> · {t.run.tokens(formats.short(proposal.tokens))}
            {cost}
          </span>
        </p>
        <h2>
          {proposal.skill_id === null ? (
            <bdi>{proposal.skill_name ?? t.review.newSkill}</bdi>
          ) : (
            <Link to={paths.skill(proposal.skill_id)}>
              <bdi>{proposal.skill_name ?? proposal.skill_id}</bdi>
            </Link>
          )}
        </h2>
        {proposal.summary === '' ? null : <p className="lead">{proposal.summary}</p>}
        <p className="quiet-text">
          {t.review.asked} {proposal.direction}
        </p>
        {proposal.reason === '' ? null : <p className="quiet-text">{proposal.reason}</p>}
        <Decision proposal={proposal} onDecided={onDecided} />
      </header>
      <Section title={t.review.diff}>
        {proposal.diff === '' ? (
          <p className="quiet-text">{proposal.kind === 'retire' ? t.review.retires : t.diff.same}</p>
        ) : (
          <Suspense fallback={<Loading lines={8} />}>
            <DiffView diff={proposal.diff} />
          </Suspense>
        )}
      </Section>
      <Evidence proposal={proposal} />
      {proposal.verdict === null ? null : <VerdictView verdict={proposal.verdict} />}
    </article>
  );
}

function Decision({ proposal, onDecided }: { readonly proposal: Proposal; readonly onDecided: () => void }) {
  const t = useMessages();
  const [asked, setAsked] = useState<'reject' | 'edit' | null>(null);
  const decide = useDecisions(proposal, onDecided);
  const isWaiting = proposal.state === 'proposed';
  const canUndo = ['committed', 'rejected'].includes(proposal.state);
  useKeys({
    a: isWaiting ? () => decide.approve(false) : undefined,
    t: isWaiting ? () => decide.approve(true) : undefined,
    r: isWaiting ? () => setAsked('reject') : undefined,
    e: isWaiting && proposal.files !== null ? () => setAsked('edit') : undefined,
    u: canUndo ? decide.undo : undefined,
  });
  return (
    <div className="actions decision">
      {isWaiting ? (
        <>
          <button
            type="button"
            className="button primary"
            disabled={decide.isBusy}
            onClick={() => decide.approve(false)}
          >
            {t.review.approve} <kbd aria-hidden>a</kbd>
          </button>
          <button
            type="button"
            className="button"
            disabled={decide.isBusy}
            onClick={() => decide.approve(true)}
          >
            {t.review.approveTrusted} <kbd aria-hidden>t</kbd>
          </button>
          <button
            type="button"
            className="button"
            disabled={decide.isBusy}
            onClick={() => setAsked('reject')}
          >
            {t.review.reject} <kbd aria-hidden>r</kbd>
          </button>
          {proposal.files === null ? null : (
            <button
              type="button"
              className="button"
              disabled={decide.isBusy}
              onClick={() => setAsked('edit')}
            >
              {t.actions.edit} <kbd aria-hidden>e</kbd>
            </button>
          )}
        </>
      ) : null}
      {canUndo ? (
        <button type="button" className="button" disabled={decide.isBusy} onClick={decide.undo}>
          {t.review.undo} <kbd aria-hidden>u</kbd>
        </button>
      ) : null}
      {proposal.decided_at === null ? null : (
        <span className="meta">
          {proposal.decided_by ?? ''} · <Time at={proposal.decided_at} />
        </span>
      )}
      <RejectDialog
        isOpen={asked === 'reject'}
        onClose={() => setAsked(null)}
        onReject={(reason) => {
          setAsked(null);
          decide.reject(reason);
        }}
      />
      {proposal.files === null ? null : (
        <EditProposalDialog
          files={proposal.files}
          isOpen={asked === 'edit'}
          onClose={() => setAsked(null)}
          onSave={(files) => {
            setAsked(null);
            decide.edit(files);
          }}
        />
      )}
    </div>
  );
}

function useDecisions(proposal: Proposal, onDecided: () => void) {
  const t = useMessages();
  const tell = useToast();
  const onError = useFailureToast();
  const approve = useAction('approve', TOUCHED);
  const reject = useAction('reject', TOUCHED);
  const edit = useAction('editProposal', TOUCHED);
  const undo = useAction('undoProposal', TOUCHED);
  const id = proposal.proposal_id;
  const told = (text: string, isDecision: boolean) => ({
    onError,
    onSuccess: () => {
      tell({ text, tone: 'good' });
      if (isDecision) onDecided();
    },
  });
  return {
    isBusy: approve.isPending || reject.isPending || edit.isPending || undo.isPending,
    approve: (trusted: boolean) =>
      approve.mutate(
        { id, body: { trusted } },
        told(trusted ? t.review.approvedTrusted : t.review.approved, true),
      ),
    reject: (reason: string) => reject.mutate({ id, body: { reason } }, told(t.review.rejected, true)),
    edit: (files: Record<string, string>) =>
      edit.mutate({ id, body: { files } }, told(t.review.edited, false)),
    undo: () => undo.mutate({ id, body: {} }, told(t.review.undone, false)),
  };
}

function Evidence({ proposal }: { readonly proposal: Proposal }) {
  const t = useMessages();
  return (
    <Section title={t.review.evidence}>
      {proposal.evidence.length === 0 ? <p className="quiet-text">{t.review.noEvidence}</p> : null}
      <ul className="evidence">
        {proposal.evidence.map((item) => (
          <li key={`${item.run_id} ${item.seq} ${item.quote}`}>
            <blockquote>{item.quote}</blockquote>
            <p>
              {item.says}{' '}
              {item.run_id === null ? null : (
                <Link to={paths.run(item.run_id, item.seq)}>{t.review.inRun}</Link>
              )}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
