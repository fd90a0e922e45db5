// What lint and safety find in a skill's files.
import type { Finding } from '../../../src/serve/api/contract.ts';
import { useMessages } from '../i18n/language.ts';
import { Badge } from './badges.tsx';

/** Findings of lint and safety, the serious ones first. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  const t = useMessages();
  const order = ['block', 'quarantine', 'warn', 'info'];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return (
    <ul className="findings">
      {sorted.map((finding) => (
        <li key={`${finding.rule} ${finding.file} ${finding.line} ${finding.message}`}>
          <Badge tone={finding.severity === 'info' ? 'plain' : finding.severity === 'warn' ? 'warn' : 'bad'}>
            {t.severity[finding.severity]}
          </Badge>
          <span>
            {finding.message}
            {finding.hint === null ? null : <span className="hint">{finding.hint}</span>}
            <span className="meta">
              {finding.rule}
              {finding.file === null
                ? ''
                : ` · ${finding.file}${finding.line === null ? '' : `:${finding.line}`}`}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
