// What is configured and from where, the skill folders, and the doctor.
import { useState } from 'react';
import type { Settings } from '../../../../src/serve/api/contract.ts';
import { useRoute } from '../../api/queries.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { SearchField } from '../../ui/fields.tsx';
import { Facts, Page, Section } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Doctor } from './doctor.tsx';

export function SettingsPage() {
  const t = useMessages();
  const settings = useRoute('settings', {});
  const about = useRoute('about', {});
  return (
    <Page title={t.nav.settings}>
      <div className="settings-top">
        <Doctor />
        <Section title={t.settings.about}>
          <Loaded query={about}>
            {(data) => (
              <Facts
                items={[
                  [t.settings.version, data.version],
                  [
                    t.settings.home,
                    <span key="home" className="path">
                      {data.home}
                    </span>,
                  ],
                  [t.settings.model, data.model ?? t.settings.noModel],
                  [t.overview.learning, t.learningMode[data.learning_mode] ?? data.learning_mode],
                  [
                    t.run.workspace,
                    <span key="workspace" className="path">
                      {data.workspace}
                    </span>,
                  ],
                ]}
              />
            )}
          </Loaded>
        </Section>
      </div>
      <Loaded query={settings} lines={10}>
        {(data) => (
          <>
            {data.notices.map((notice) => (
              <p key={notice} className="notice">
                {notice}
              </p>
            ))}
            <Folders settings={data} />
            <Items settings={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Folders({ settings }: { readonly settings: Settings }) {
  const t = useMessages();
  if (settings.skill_folders.length === 0) return null;
  return (
    <Section title={t.settings.folders}>
      <ul className="rows">
        {settings.skill_folders.map((folder) => (
          <li key={`${folder.kind} ${folder.path}`} className="row">
            <span className="path">{folder.path}</span>
            <span className="meta badges">
              <Badge>{folder.kind}</Badge>
              <Badge tone={folder.trusted ? 'good' : 'warn'}>
                {folder.trusted ? t.settings.trusted : t.settings.untrusted}
              </Badge>
              <span>
                {folder.writable ? t.settings.writable : t.settings.readOnly} · {folder.origin}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Items({ settings }: { readonly settings: Settings }) {
  const t = useMessages();
  const [words, setWords] = useState('');
  const [onlySet, setOnlySet] = useState(false);
  const wanted = words.toLowerCase();
  const items = settings.items.filter(
    (item) =>
      (!onlySet || item.origin !== 'default') &&
      [item.key, item.doc, item.origin, ...item.variables].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
  );
  return (
    <Section
      title={t.settings.items}
      aside={
        <label className="check-label">
          <input type="checkbox" checked={onlySet} onChange={(event) => setOnlySet(event.target.checked)} />
          {t.settings.onlySet}
        </label>
      }
    >
      <SearchField label={t.settings.search} value={words} onSearch={setWords} />
      {items.length === 0 ? <p className="quiet-text">{t.settings.noneFound}</p> : null}
      <dl className="settings-list">
        {items.map((item) => (
          <div key={item.key} className={item.origin === 'default' ? '' : 'is-set'}>
            <dt>
              <code>{item.key}</code>
            </dt>
            <dd>
              <span className="setting-value">
                {item.value === null ? (
                  <span className="quiet-text">{t.settings.notSet}</span>
                ) : (
                  <code>{item.value}</code>
                )}
                <span className="meta">{item.origin === 'default' ? t.settings.default : item.origin}</span>
              </span>
              <span className="setting-doc">
                {item.doc}
                {item.variables.length > 0 ? (
                  <span className="meta"> {item.variables.join(', ')}</span>
                ) : null}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
