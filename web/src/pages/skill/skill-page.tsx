// One skill: what it says, how it came to be, how it does, and what a person may do about it.
import { Pin } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Link, NavLink, useParams } from 'react-router';
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { NotFoundPage } from '../../app/error-page.tsx';
import { paths, SKILL_TABS, type SkillTab } from '../../app/paths.ts';
import { useMessages } from '../../i18n/language.ts';
import { StandingBadge } from '../../ui/badges.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded, Loading } from '../../ui/states.tsx';
import { BlameTab } from './blame-tab.tsx';
import { CompareTab } from './compare-tab.tsx';
import { SkillActions } from './skill-actions.tsx';
import { TextTab } from './text-tab.tsx';
import { TrustTab } from './trust-tab.tsx';
import { UsesTab } from './uses-tab.tsx';

const HistoryTab = lazy(() => import('./history-tab.tsx'));

export function SkillPage() {
  const { id = '', tab = 'text' } = useParams();
  const t = useMessages();
  const skill = useRoute('skill', { id });
  const shown = SKILL_TABS.find((one) => one === tab);
  if (shown === undefined) return <NotFoundPage />;
  return (
    <Page
      title={skill.data?.name ?? t.nav.skills}
      heading={<bdi>{skill.data?.name ?? '…'}</bdi>}
      above={
        <nav className="crumbs" aria-label={t.nav.crumbs}>
          <Link to={paths.skills()}>{t.nav.skills}</Link>
        </nav>
      }
      aside={skill.data ? <SkillActions skill={skill.data} /> : null}
    >
      <Loaded query={skill} lines={8}>
        {(data) => (
          <>
            <SkillHead skill={data} />
            <Tabs id={id} />
            <Suspense fallback={<Loading lines={6} />}>
              <Tab skill={data} tab={shown} />
            </Suspense>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function SkillHead({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const why = skill.flag_reasons.quarantined ?? skill.flag_reasons.archived;
  return (
    <>
      <p className="lead">
        <bdi>{skill.description}</bdi>
      </p>
      <p className="meta badges">
        <StandingBadge standing={skill.standing} />
        {skill.pinned ? (
          <span className="badge badge-plain">
            <Pin size={11} aria-hidden /> {t.skills.pinned}
          </span>
        ) : null}
        {skill.tags.map((tag) => (
          <Link key={tag} className="tag" to={paths.skills({ tag })}>
            {tag}
          </Link>
        ))}
      </p>
      {why === null ? null : <p className="notice notice-bad">{why}</p>}
      {skill.shadowed_by === null ? null : <p className="notice">{t.skill.shadowedBy(skill.shadowed_by)}</p>}
      {skill.waiting.map((proposal) => (
        <p key={proposal} className="notice notice-accent">
          {t.skill.proposalWaits} <Link to={paths.review(proposal)}>{t.skill.decide}</Link>
        </p>
      ))}
    </>
  );
}

function Tabs({ id }: { readonly id: string }) {
  const t = useMessages();
  return (
    <nav className="tabs" aria-label={t.skill.parts}>
      {SKILL_TABS.map((tab) => (
        <NavLink key={tab} to={paths.skill(id, tab)} end preventScrollReset>
          {t.skill.tabs[tab]}
        </NavLink>
      ))}
    </nav>
  );
}

function Tab({ skill, tab }: { readonly skill: Skill; readonly tab: SkillTab }) {
  if (tab === 'history') return <HistoryTab skill={skill} />;
  if (tab === 'compare') return <CompareTab skill={skill} />;
  if (tab === 'blame') return <BlameTab skill={skill} />;
  if (tab === 'uses') return <UsesTab skill={skill} />;
  if (tab === 'trust') return <TrustTab skill={skill} />;
  return <TextTab skill={skill} />;
}
