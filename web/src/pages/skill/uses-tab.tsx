// Runs that had a skill or were offered it, newest first.
import { Link } from 'react-router';
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { usePages } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { EmptyState, ErrorState, Loading, MoreButton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

export function UsesTab({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const formats = useFormats();
  const pages = usePages('skillUses', (cursor) => ({
    id: skill.skill_id,
    query: cursor === undefined ? {} : { cursor },
  }));
  if (pages.error && !pages.data) return <ErrorState error={pages.error} retry={() => pages.refetch()} />;
  if (!pages.data) return <Loading lines={6} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return (
      <EmptyState title={t.uses.emptyTitle}>
        <p>{t.uses.emptyText}</p>
      </EmptyState>
    );
  return (
    <>
      <ul className="rows">
        {items.map((use) => (
          <li key={`${use.run_id} ${use.attempt} ${use.version_id} ${use.how}`} className="row">
            <Link to={paths.run(use.run_id)} className="row-title clip">
              <bdi>{use.task || t.runs.unnamed(use.run_id)}</bdi>
            </Link>
            <span className="meta badges">
              <Badge tone={use.how === 'offered' ? 'plain' : 'info'}>{t.uses.how[use.how]}</Badge>
              {use.applied === null || use.how === 'offered' ? null : (
                <Badge tone={use.applied ? 'good' : 'warn'}>
                  {use.applied ? t.uses.applied : t.uses.ignored}
                </Badge>
              )}
              <span>
                {t.runStatusText(use.status)} · <Time at={use.started_at} />
                {!use.tokens ? '' : ` · ${t.run.tokens(formats.short(use.tokens))}`}
                {!use.took_ms ? '' : ` · ${formats.span(use.took_ms)}`}
              </span>
            </span>
            {use.note ? <span className="row-note">{use.note}</span> : null}
          </li>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </>
  );
}
