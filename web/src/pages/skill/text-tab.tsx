// What a skill says: SKILL.md as a page or as text, its other files, what lint and safety find, facts.
import { lazy, Suspense, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { paths } from '../../app/paths.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Filters } from '../../ui/fields.tsx';
import { Findings } from '../../ui/findings.tsx';
import { Facts, Section } from '../../ui/page.tsx';
import { TextBlock } from '../../ui/scroll-box.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';
import { Loaded, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

const Markdown = lazy(() => import('../../ui/markdown.tsx'));
const MAIN_FILE = 'SKILL.md';

export function TextTab({ skill }: { readonly skill: Skill }) {
  const [params] = useSearchParams();
  const file = params.get('file') ?? MAIN_FILE;
  return (
    <div className="with-side">
      <div className="with-side-main">
        {file === MAIN_FILE ? <MainText text={skill.text} /> : <OtherFile skill={skill} path={file} />}
      </div>
      <Side skill={skill} file={file} />
    </div>
  );
}

function MainText({ text }: { readonly text: string }) {
  const t = useMessages();
  const [as, setAs] = useState<'page' | 'text'>('page');
  return (
    <Section
      title={MAIN_FILE}
      aside={
        <Filters
          label={t.skill.showAs}
          value={as}
          onChange={setAs}
          options={[
            { value: 'page', text: t.skill.asPage },
            { value: 'text', text: t.skill.asText },
          ]}
        />
      }
    >
      {as === 'page' ? (
        <Suspense fallback={<Loading lines={8} />}>
          <Markdown text={withoutFrontMatter(text)} />
        </Suspense>
      ) : (
        <TextBlock text={text} label={MAIN_FILE} />
      )}
    </Section>
  );
}

function OtherFile({ skill, path }: { readonly skill: Skill; readonly path: string }) {
  const t = useMessages();
  const file = useRoute('skillFile', { id: skill.skill_id, query: { path, version: skill.version_id } });
  return (
    <Section title={path}>
      <Loaded query={file}>
        {(data) =>
          data.text === null ? (
            <p className="quiet-text">{t.skill.noText}</p>
          ) : /\.mdx?$/i.test(path) ? (
            <Suspense fallback={<Loading lines={8} />}>
              <Markdown text={data.text} />
            </Suspense>
          ) : (
            <TextBlock text={data.text} label={path} />
          )
        }
      </Loaded>
    </Section>
  );
}

/** The head is shown as facts beside the page. */
const withoutFrontMatter = (text: string): string =>
  text.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---\r?\n?/, '');

function Side({ skill, file }: { readonly skill: Skill; readonly file: string }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <div className="side">
      <Section title={t.skill.howItDoes}>
        <div className="share-pair">
          <ShareMark size="large" name={t.skill.with} share={skill.worth.with} />
          <ShareMark size="large" name={t.skill.without} share={skill.worth.without} />
        </div>
      </Section>
      <Section title={t.skill.files(skill.files.length)}>
        <ul className="files">
          {skill.files.map((item) => (
            <li key={item.path}>
              <Link
                to={paths.skill(skill.skill_id, 'text', item.path === MAIN_FILE ? {} : { file: item.path })}
                aria-current={item.path === file ? 'true' : undefined}
                preventScrollReset
              >
                {item.path}
              </Link>
              <span className="meta">{formats.size(item.size_bytes)}</span>
            </li>
          ))}
        </ul>
      </Section>
      {skill.findings.length > 0 ? (
        <Section title={t.skill.findings}>
          <Findings findings={skill.findings} />
        </Section>
      ) : null}
      <Section title={t.skill.facts}>
        <Facts
          items={[
            [
              t.skill.version,
              `${t.skills.version(skill.version_number)} · ${t.versionState[skill.version.state]}`,
            ],
            [t.skill.origin, t.origin[skill.origin]],
            [t.skill.author, skill.author],
            [t.skill.updated, <Time key="updated" at={skill.updated_at} />],
            [t.skill.created, <Time key="created" at={skill.created_at} />],
            skill.last_used_at !== null && [t.skill.lastUsed, <Time key="used" at={skill.last_used_at} />],
            [t.skill.place, t.host[skill.host]],
            skill.folder !== null && [
              t.skill.folder,
              <span key="folder" className="path">
                {skill.folder}
              </span>,
            ],
            skill.version.reason !== '' && [t.skill.reason, skill.version.reason],
          ]}
        />
      </Section>
    </div>
  );
}
