// How a skill came to be: its lineage as a graph, the chosen version, all versions, what was done to it.
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { Lineage, Skill, Version } from '../../../../src/serve/api/contract.ts';
import { usePages, useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { VersionBadge } from '../../ui/badges.tsx';
import { Section } from '../../ui/page.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';
import { ErrorState, Loaded, Loading, MoreButton } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { LineageGraph } from './lineage-graph.tsx';
import { RestoreDialog } from './restore-dialog.tsx';

export default function HistoryTab({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const chosen = params.get('version') ?? skill.version_id;
  const choose = (version: string) => setParams({ version }, { replace: true, preventScrollReset: true });
  const lineage = useRoute('skillLineage', { id: skill.skill_id, query: {} });
  return (
    <>
      <Section title={t.history.lineage}>
        <Loaded query={lineage} lines={4}>
          {(data) => (
            <>
              <LineageGraph lineage={data} chosen={chosen} onChoose={choose} />
              {data.total > data.nodes.length ? (
                <p className="quiet-text">{t.history.cut(data.nodes.length, data.total)}</p>
              ) : null}
              <ChosenVersion skill={skill} lineage={data} chosen={chosen} />
            </>
          )}
        </Loaded>
      </Section>
      <div className="history-lists">
        <Versions skill={skill} />
        <Changes skill={skill} />
      </div>
    </>
  );
}

function ChosenVersion(props: { readonly skill: Skill; readonly lineage: Lineage; readonly chosen: string }) {
  const t = useMessages();
  const { skill, lineage, chosen } = props;
  const [isRestoring, setRestoring] = useState(false);
  const version = lineage.nodes.find((node) => node.version_id === chosen);
  if (!version) return null;
  const isOwn = version.skill_id === skill.skill_id;
  return (
    <div className="chosen">
      <div className="chosen-main">
        <p className="badges">
          <b>
            {isOwn ? '' : `${version.name} · `}
            {t.skills.version(version.number)}
          </b>
          <VersionBadge state={version.state} />
          <span className="meta">
            {t.origin[version.origin]} · {version.author} · <Time at={version.created_at} />
          </span>
        </p>
        {version.reason === '' ? null : <p>{version.reason}</p>}
      </div>
      <ShareMark share={version.success} />
      <div className="actions">
        {isOwn ? null : (
          <Link className="button small" to={paths.skill(version.skill_id)}>
            {t.history.openSkill}
          </Link>
        )}
        <Link
          className="button small"
          to={paths.skill(skill.skill_id, 'compare', {
            after: version.version_id,
            ...beforeOf(lineage, chosen),
          })}
        >
          {t.history.change}
        </Link>
        {isOwn && chosen !== skill.version_id ? (
          <>
            <Link
              className="button small"
              to={paths.skill(skill.skill_id, 'compare', { before: chosen, after: skill.version_id })}
            >
              {t.history.compareWithCurrent}
            </Link>
            <button type="button" className="button small" onClick={() => setRestoring(true)}>
              {t.actions.restore}
            </button>
          </>
        ) : null}
      </div>
      <RestoreDialog
        skill={skill}
        version={version}
        isOpen={isRestoring}
        onClose={() => setRestoring(false)}
      />
    </div>
  );
}

function beforeOf(lineage: Lineage, versionId: string): Record<string, string> {
  const parent = lineage.edges.find((edge) => edge.to === versionId)?.from;
  return parent === undefined ? {} : { before: parent };
}

function Versions({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const [picked, setPicked] = useState<readonly Version[]>([]);
  const pages = usePages('skillVersions', (cursor) => ({
    id: skill.skill_id,
    query: cursor === undefined ? {} : { cursor },
  }));
  const toggle = (version: Version) =>
    setPicked((before) =>
      before.some((one) => one.version_id === version.version_id)
        ? before.filter((one) => one.version_id !== version.version_id)
        : [...before.slice(-1), version],
    );
  const [older, newer] = [...picked].sort((a, b) => a.number - b.number);
  if (pages.error && !pages.data) return <ErrorState error={pages.error} retry={() => pages.refetch()} />;
  if (!pages.data) return <Loading />;
  const items = pages.data.pages.flatMap((page) => page.items);
  return (
    <Section
      title={t.history.versions(pages.data.pages[0]?.total ?? items.length)}
      aside={
        older && newer ? (
          <Link
            className="button primary small"
            to={paths.skill(skill.skill_id, 'compare', { before: older.version_id, after: newer.version_id })}
          >
            {t.history.compare(older.number, newer.number)}
          </Link>
        ) : items.length > 1 ? (
          <span className="meta">{t.history.pickTwo}</span>
        ) : null
      }
    >
      <ul className="rows">
        {items.map((version) => (
          <VersionRow
            key={version.version_id}
            version={version}
            isPicked={picked.some((one) => one.version_id === version.version_id)}
            onPick={() => toggle(version)}
          />
        ))}
      </ul>
      <MoreButton pages={pages} />
    </Section>
  );
}

function VersionRow(props: {
  readonly version: Version;
  readonly isPicked: boolean;
  readonly onPick: () => void;
}) {
  const t = useMessages();
  const formats = useFormats();
  const { version, isPicked, onPick } = props;
  return (
    <li className={version.is_head ? 'row row-pick is-head' : 'row row-pick'}>
      <label className="pick">
        <input type="checkbox" checked={isPicked} onChange={onPick} />
        <span className="sr">{t.history.pick(version.number)}</span>
      </label>
      <div className="row-main">
        <span className="badges">
          <b>{t.skills.version(version.number)}</b>
          <VersionBadge state={version.state} />
          {version.is_head ? <span className="meta">{t.history.inUse}</span> : null}
        </span>
        {version.reason === '' ? null : <span className="clip-2">{version.reason}</span>}
        <span className="meta">
          {t.origin[version.origin]} · {version.author} · <Time at={version.created_at} />
          {version.uses > 0
            ? ` · ${t.history.usesOf(formats.whole(version.uses), formats.whole(version.success.successes))}`
            : ''}
        </span>
      </div>
    </li>
  );
}

function Changes({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const pages = usePages('skillChanges', (cursor) => ({
    id: skill.skill_id,
    query: cursor === undefined ? { limit: 20 } : { cursor, limit: 20 },
  }));
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={t.history.changes}>
      {pages.error && !pages.data ? <ErrorState error={pages.error} retry={() => pages.refetch()} /> : null}
      <ol className="changes">
        {items.map((change) => (
          <li key={change.change_id}>
            <span className="changes-line">
              {t.changeAction[change.action]}
              {change.reason === '' ? '' : `: ${change.reason}`}
            </span>
            <span className="meta">
              {change.author} · <Time at={change.created_at} />
            </span>
          </li>
        ))}
      </ol>
      <MoreButton pages={pages} />
    </Section>
  );
}
