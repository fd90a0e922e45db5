// Each line of a file with the version that brought it.
import { Link, useSearchParams } from 'react-router';
import type { Blame, Skill } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useMessages } from '../../i18n/language.ts';
import { Choice } from '../../ui/fields.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

export function BlameTab({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const [params, setParams] = useSearchParams();
  const path = params.get('file') ?? 'SKILL.md';
  const blame = useRoute('skillBlame', { id: skill.skill_id, query: { path } });
  return (
    <>
      <div className="toolbar">
        <Choice
          label={t.blame.file}
          value={path}
          options={skill.files
            .filter((file) => file.is_text)
            .map((file) => ({ value: file.path, text: file.path }))}
          onChange={(file) =>
            setParams(file === '' ? {} : { file }, { replace: true, preventScrollReset: true })
          }
        />
      </div>
      <Loaded query={blame} lines={12}>
        {(data) => <BlameTable blame={data} own={skill.skill_id} />}
      </Loaded>
    </>
  );
}

/** Lines in a row that one version brought are told once. */
function blocksOf(blame: Blame) {
  const blocks: { versionId: string; lines: Blame['lines'] }[] = [];
  for (const line of blame.lines) {
    const last = blocks.at(-1);
    if (last?.versionId === line.version_id) last.lines.push(line);
    else blocks.push({ versionId: line.version_id, lines: [line] });
  }
  return blocks;
}

function BlameTable({ blame, own }: { readonly blame: Blame; readonly own: string }) {
  const t = useMessages();
  const versions = new Map(blame.versions.map((version) => [version.version_id, version]));
  // Newer versions get a stronger edge, so that what changed late stands out.
  const byAge = [...blame.versions].sort((a, b) => a.created_at.localeCompare(b.created_at));
  const strength = (id: string) =>
    byAge.length < 2
      ? 0
      : Math.round((byAge.findIndex((version) => version.version_id === id) / (byAge.length - 1)) * 4);
  return (
    <ScrollBox className="blame" label={blame.path}>
      <table>
        <thead className="sr">
          <tr>
            <th scope="col">{t.blame.version}</th>
            <th scope="col">{t.blame.line}</th>
            <th scope="col">{t.blame.text}</th>
          </tr>
        </thead>
        {blocksOf(blame).map((block) => {
          const version = versions.get(block.versionId);
          return (
            <tbody key={block.lines[0]?.line} className={`blame-${strength(block.versionId)}`}>
              {block.lines.map((line, at) => (
                <tr key={line.line}>
                  {at === 0 ? (
                    <th scope="rowgroup" rowSpan={block.lines.length} title={version?.reason}>
                      {version ? (
                        <span className="blame-by">
                          <Link to={paths.skill(version.skill_id, 'compare', { after: version.version_id })}>
                            {t.skills.version(version.number)}
                          </Link>{' '}
                          <span className="meta">
                            {version.skill_id === own ? '' : `${version.name} · `}
                            {t.origin[version.origin]} · <Time at={version.created_at} />
                          </span>
                        </span>
                      ) : (
                        block.versionId
                      )}
                    </th>
                  ) : null}
                  <td className="diff-number">{line.line}</td>
                  <td className="diff-text">{line.text}</td>
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
    </ScrollBox>
  );
}
