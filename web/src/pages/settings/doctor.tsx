// The doctor: what is set up and whether it works, asked on demand.
import { useEffect } from 'react';
import { useAction } from '../../api/queries.ts';
import { useMessages } from '../../i18n/language.ts';
import { Badge } from '../../ui/badges.tsx';
import { Section } from '../../ui/page.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';

const TONE = { ok: 'good', warn: 'warn', fail: 'bad', off: 'plain' } as const;

export function Doctor() {
  const t = useMessages();
  const doctor = useAction('doctor', []);
  const { mutate } = doctor;
  // The offline checks cost nothing; calls to models are made only when they are asked for.
  useEffect(() => mutate({ body: { offline: true } }), [mutate]);
  return (
    <Section
      title={t.settings.doctor}
      aside={
        <button
          type="button"
          className="button small"
          disabled={doctor.isPending}
          onClick={() => mutate({ body: { offline: false } })}
        >
          {t.settings.checkModels}
        </button>
      }
    >
      <div role="status">
        {doctor.error ? (
          <ErrorState error={doctor.error} retry={() => mutate({ body: { offline: true } })} />
        ) : null}
        {doctor.data === undefined && !doctor.error ? <Loading lines={5} /> : null}
        <ul className="checks" aria-busy={doctor.isPending}>
          {doctor.data?.checks.map((check) => (
            <li key={`${check.name} ${check.detail}`}>
              <Badge tone={TONE[check.status]}>{t.settings.check[check.status]}</Badge>
              <span>
                <b>{check.name}</b> {check.detail}
                {check.hint === null ? null : <span className="hint">{check.hint}</span>}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </Section>
  );
}
