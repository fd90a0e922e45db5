// Small marks for how a skill, version, run or proposal stands: a word with a shape, never colour alone.
import type { ProposalItem, RunItem, SkillItem, Version } from '../../../src/serve/api/contract.ts';
import { useMessages } from '../i18n/language.ts';

type Tone = 'good' | 'bad' | 'warn' | 'info' | 'plain' | 'accent';

export function Badge(props: { readonly tone?: Tone; readonly children: string; readonly title?: string }) {
  return (
    <span
      className={`badge badge-${props.tone ?? 'plain'}`}
      {...(props.title === undefined ? {} : { title: props.title })}
    >
      {props.children}
    </span>
  );
}

const STANDING_TONE: Record<SkillItem['standing'], Tone> = {
  trusted: 'good',
  trial: 'info',
  unready: 'plain',
  quarantined: 'bad',
  shadowed: 'plain',
  archived: 'plain',
};

export function StandingBadge({ standing }: { readonly standing: SkillItem['standing'] }) {
  const t = useMessages();
  return (
    <Badge tone={STANDING_TONE[standing]} title={t.standingMeans[standing]}>
      {t.standing[standing]}
    </Badge>
  );
}

const VERSION_TONE: Record<Version['state'], Tone> = {
  candidate: 'plain',
  trial: 'info',
  trusted: 'good',
  rejected: 'bad',
  retired: 'plain',
};

export function VersionBadge({ state }: { readonly state: Version['state'] }) {
  const t = useMessages();
  return <Badge tone={VERSION_TONE[state]}>{t.versionState[state]}</Badge>;
}

const RUN_TONE: Record<RunItem['status'], Tone> = {
  running: 'accent',
  done: 'good',
  incomplete: 'warn',
  'out-of-budget': 'warn',
  error: 'bad',
  cancelled: 'plain',
};

export function RunBadge({ run }: { readonly run: Pick<RunItem, 'status' | 'task_done'> }) {
  const t = useMessages();
  // The run says that it is done; the analysis may say otherwise, and it has looked at the result.
  if (run.status === 'done' && run.task_done === false)
    return <Badge tone="warn">{t.runStatus.notDone}</Badge>;
  return <Badge tone={RUN_TONE[run.status]}>{t.runStatus[run.status]}</Badge>;
}

const PROPOSAL_TONE: Record<ProposalItem['state'], Tone> = {
  drafted: 'plain',
  proposed: 'accent',
  committed: 'good',
  declined: 'plain',
  rejected: 'bad',
  undone: 'plain',
};

export function ProposalBadge({ state }: { readonly state: ProposalItem['state'] }) {
  const t = useMessages();
  return <Badge tone={PROPOSAL_TONE[state]}>{t.proposalState[state]}</Badge>;
}
