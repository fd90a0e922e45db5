// A share of runs with its 95 % interval, drawn the same everywhere: a dot where it is, a bar where it may be.
import type { SkillItem } from '../../../src/serve/api/contract.ts';
import { useFormats } from '../i18n/format.ts';
import { useMessages } from '../i18n/language.ts';

export type Share = SkillItem['success'];

interface Props {
  readonly share: Share;
  /** `large`: with the figure big and the sums below. */
  readonly size?: 'small' | 'large';
  readonly name?: string;
}

const WIDTH = 100;

export function ShareMark({ share, size = 'small', name }: Props) {
  const t = useMessages();
  const formats = useFormats();
  const sums = t.share.sums(formats.whole(share.successes), formats.whole(share.runs), share.runs);
  if (share.rate === null)
    return (
      <span className={`share share-${size} share-none`}>
        {name === undefined ? null : <span className="share-name">{name}</span>}
        <span className="share-value">
          <span aria-hidden>–</span>
          <span className="sr">{t.share.none}</span>
        </span>
        {size === 'large' ? <span className="share-sums">{t.share.none}</span> : null}
      </span>
    );
  const between = t.share.interval(formats.percent(share.low), formats.percent(share.high));
  return (
    <span className={`share share-${size}`} title={`${sums} · ${between}`}>
      {name === undefined ? null : <span className="share-name">{name}</span>}
      <span className="share-value">{formats.percent(share.rate)}</span>
      <svg
        className="share-bar"
        viewBox={`0 0 ${WIDTH} 10`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        <line className="share-track" x1="0" x2={WIDTH} y1="5" y2="5" />
        <line className="share-span" x1={share.low * WIDTH} x2={share.high * WIDTH} y1="5" y2="5" />
        <line className="share-dot" x1={share.rate * WIDTH} x2={share.rate * WIDTH} y1="1" y2="9" />
      </svg>
      <span className={size === 'large' ? 'share-sums' : 'sr'}>
        {sums} · {between}
      </span>
    </span>
  );
}
