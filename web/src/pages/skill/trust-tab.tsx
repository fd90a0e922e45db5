// What a skill is worth and how far it is trusted: with and without it, savings, records by version and model.
import type { Skill } from '../../../../src/serve/api/contract.ts';
import { useFormats } from '../../i18n/format.ts';
import { useMessages } from '../../i18n/language.ts';
import { Figure, Section } from '../../ui/page.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { ShareMark } from '../../ui/share-mark.tsx';
import { Time } from '../../ui/time.tsx';

type Saving = NonNullable<Skill['worth']['tokens_saved']>;

export function TrustTab({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const formats = useFormats();
  const { worth, trust } = skill;
  const saved = (saving: Saving | null, format: (value: number) => string) =>
    saving === null
      ? { value: '–', note: t.trust.notCompared }
      : {
          value: format(saving.mean),
          note: t.trust.saving(
            format(saving.low),
            format(saving.high),
            saving.runs_with,
            saving.runs_without,
          ),
        };
  const span = (tookMs: number) => `${tookMs < 0 ? '−' : ''}${formats.span(Math.abs(tookMs))}`;
  return (
    <>
      <Section title={t.trust.worth}>
        <div className="share-row">
          <ShareMark size="large" name={t.skill.with} share={worth.with} />
          <ShareMark size="large" name={t.skill.without} share={worth.without} />
        </div>
        <dl className="figures">
          <Figure name={t.trust.tokensSaved} {...saved(worth.tokens_saved, formats.short)} />
          <Figure name={t.trust.timeSaved} {...saved(worth.ms_saved, span)} />
          <Figure name={t.trust.learningTokens} value={formats.short(worth.learning_tokens)} />
          <Figure
            name={t.trust.offered}
            value={formats.whole(skill.offered)}
            note={t.trust.applied(skill.uses, skill.applied)}
          />
        </dl>
      </Section>
      <Section title={t.trust.records}>
        <p className="quiet-text">{t.trust.needed(trust.successes_needed)}</p>
        {trust.records.length === 0 ? null : <Records skill={skill} />}
      </Section>
    </>
  );
}

function Records({ skill }: { readonly skill: Skill }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <ScrollBox className="table-scroll" label={t.trust.records}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t.trust.version}</th>
            <th scope="col">{t.trust.model}</th>
            <th scope="col">{t.trust.phase}</th>
            {[
              t.trust.uses,
              t.trust.followed,
              t.trust.successes,
              t.trust.failures,
              t.trust.harmed,
              t.trust.tokens,
            ].map((head) => (
              <th key={head} scope="col" className="number">
                {head}
              </th>
            ))}
            <th scope="col">{t.trust.last}</th>
          </tr>
        </thead>
        <tbody>
          {skill.trust.records.map((record) => (
            <tr key={`${record.version_id} ${record.model} ${record.phase}`}>
              <td className="path">
                {record.version_id === skill.version_id ? t.trust.shown : record.version_id}
              </td>
              <td>{record.model ?? '–'}</td>
              <td>{record.phase === 1 ? t.trust.firstAttempt : t.trust.secondAttempt}</td>
              <td className="number">{formats.whole(record.uses)}</td>
              <td className="number">{`${formats.whole(record.applied)} / ${formats.whole(record.judged)}`}</td>
              <td className="number">{formats.whole(record.successes)}</td>
              <td className="number">{formats.whole(record.failures)}</td>
              <td className="number">{formats.whole(record.harmed)}</td>
              <td className="number">
                {record.mean_tokens === null ? '–' : formats.short(record.mean_tokens)}
              </td>
              <td>
                <Time at={record.last_used_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
