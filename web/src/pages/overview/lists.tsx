// The overview's lists: what waits, what changed, recent runs, most useful skills, failing tools.
import { Link } from 'react-router';
import type { Overview } from '../../../../src/serve/api/contract.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, RunBadge, StandingBadge } from '../../ui/badges.tsx';
import { Section } from '../../ui/page.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';
import { Time } from '../../ui/time.tsx';

/** The worst are enough here. */
const MOST_TOOLS = 4;

interface Props {
  readonly data: Overview;
}

export function Waiting({ data }: Props) {
  const t = useMessages();
  const { waiting } = data;
  const items = [
    { count: waiting.proposals, text: t.overview.proposals(waiting.proposals), to: paths.review() },
    {
      count: waiting.quarantined,
      text: t.overview.quarantined(waiting.quarantined),
      to: paths.skills({ state: 'quarantined' }),
    },
    { count: waiting.trials, text: t.overview.trials(waiting.trials), to: paths.skills({ state: 'trial' }) },
    {
      count: data.runs.running,
      text: t.overview.running(data.runs.running),
      to: paths.runs({ status: 'running' }),
    },
  ].filter((item) => item.count > 0);
  return (
    <Section title={t.overview.whatWaits}>
      {items.length === 0 ? (
        <p className="quiet-text">{t.overview.nothingWaits}</p>
      ) : (
        <ul className="tally">
          {items.map((item) => (
            <li key={item.to}>
              <Link to={item.to}>
                <b>{item.count}</b> <span>{item.text}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {data.recent_proposals
        .filter((proposal) => proposal.state === 'proposed')
        .slice(0, 3)
        .map((proposal) => (
          <Link key={proposal.proposal_id} className="slip" to={paths.review(proposal.proposal_id)}>
            <span className="slip-head">
              <Badge tone="accent">{t.proposalKind[proposal.kind]}</Badge>
              <bdi>{proposal.skill_name ?? t.review.newSkill}</bdi>
            </span>
            <span className="slip-text">{proposal.summary || proposal.direction}</span>
          </Link>
        ))}
    </Section>
  );
}

export function Changes({ data }: Props) {
  const t = useMessages();
  return (
    <Section title={t.overview.whatChanged}>
      {data.recent_changes.length === 0 ? <p className="quiet-text">{t.overview.noChanges}</p> : null}
      <ol className="changes">
        {data.recent_changes.slice(0, 8).map((change) => (
          <li key={change.change_id}>
            <span className="changes-line">
              <Link to={paths.skill(change.skill_id, 'history')}>
                <bdi>{change.skill_name}</bdi>
              </Link>{' '}
              {t.changeAction[change.action]}
            </span>
            <span className="meta">
              {change.author} · <Time at={change.created_at} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

export function RecentRuns({ data }: Props) {
  const t = useMessages();
  return (
    <Section title={t.overview.recentRuns} aside={<Link to={paths.runs()}>{t.overview.allRuns}</Link>}>
      {data.recent_runs.length === 0 ? <p className="quiet-text">{t.runs.emptyTitle}</p> : null}
      <ul className="rows">
        {data.recent_runs.map((run) => (
          <li key={run.run_id} className="row">
            <Link to={paths.run(run.run_id)} className="row-title clip">
              <bdi>{run.task || t.runs.unnamed(run.run_id)}</bdi>
            </Link>
            <span className="meta">
              <RunBadge run={run} /> <Time at={run.started_at} />
              {run.skills.length === 0 ? null : (
                <span>{run.skills.map((skill) => skill.name).join(', ')}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function TopSkills({ data }: Props) {
  const t = useMessages();
  return (
    <Section title={t.overview.topSkills} aside={<Link to={paths.skills()}>{t.overview.allSkills}</Link>}>
      {data.top_skills.length === 0 ? <p className="quiet-text">{t.overview.noUses}</p> : null}
      <ul className="rows">
        {data.top_skills.map((skill) => (
          <li key={skill.skill_id} className="row row-split">
            <span className="row-main">
              <Link to={paths.skill(skill.skill_id)} className="row-title clip">
                <bdi>{skill.name}</bdi>
              </Link>
              <span className="meta">
                <StandingBadge standing={skill.standing} /> {t.skills.uses(skill.uses)}
              </span>
            </span>
            <ShareMark share={skill.success} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function BrokenTools({ data }: Props) {
  const t = useMessages();
  const formats = useFormats();
  if (data.broken_tools.length === 0) return null;
  return (
    <Section title={t.overview.brokenTools}>
      <ul className="rows">
        {data.broken_tools.slice(0, MOST_TOOLS).map((tool) => (
          <li key={tool.tool} className="row">
            <span className="row-title small-text">
              <code>{tool.tool}</code> {t.overview.toolRate(formats.percent(tool.recent_rate), tool.calls)}
            </span>
            {tool.last_error === null ? null : <span className="quiet-text clip-2">{tool.last_error}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
