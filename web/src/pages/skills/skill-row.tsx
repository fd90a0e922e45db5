// A skill in a list: what it is for, how it stands, how its runs went.
import { Pin } from 'lucide-react';
import { Link } from 'react-router';
import type { SkillsPage } from '../../../../src/serve/api/contract.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge, StandingBadge } from '../../ui/badges.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';
import { Time } from '../../ui/time.tsx';

export function SkillRow({ skill }: { readonly skill: SkillsPage['items'][number] }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <li className="skill-row">
      <div className="skill-row-main">
        <h2 className="skill-row-name">
          <Link to={paths.skill(skill.skill_id)}>
            <bdi>{skill.name}</bdi>
          </Link>
          {skill.pinned ? <Pin size={13} aria-label={t.skills.pinned} className="pin" /> : null}
          {skill.standing === 'trusted' ? null : <StandingBadge standing={skill.standing} />}
          {skill.proposals > 0 ? <Badge tone="accent">{t.skills.proposals(skill.proposals)}</Badge> : null}
        </h2>
        <p className="skill-row-text clip-2">
          <bdi>{skill.description}</bdi>
        </p>
        <p className="meta">
          {t.skills.version(skill.version_number)} · {t.origin[skill.origin]} · {t.host[skill.host]} ·{' '}
          <Time at={skill.updated_at} />
          {skill.tags.length > 0 ? ` · ${skill.tags.slice(0, 4).join(', ')}` : ''}
        </p>
        {skill.reasons.length > 0 ? (
          <p className="reason">
            {skill.fit === null ? '' : `${t.skills.fit(formats.percent(skill.fit))} · `}
            {skill.reasons.join(' · ')}
          </p>
        ) : null}
      </div>
      <div className="skill-row-side">
        <ShareMark share={skill.success} />
        <span className="meta">{t.skills.uses(skill.uses)}</span>
      </div>
    </li>
  );
}
