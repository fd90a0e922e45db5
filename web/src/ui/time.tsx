// A moment, told as people do; the exact time is in its title.
import { useEffect, useState } from 'react';
import { useFormats } from '../i18n/format.ts';

/** `clock`: time of the day only; `ago`: relative to now. */
export function Time(props: { readonly at: string; readonly as?: 'ago' | 'clock' | 'moment' }) {
  const formats = useFormats();
  const now = useNow(30_000);
  const { at, as = 'ago' } = props;
  const text = as === 'ago' ? formats.ago(at, now) : as === 'clock' ? formats.clock(at) : formats.moment(at);
  return (
    <time dateTime={at} title={formats.moment(at)}>
      {text}
    </time>
  );
}

/** The present, told again every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long something that goes on has taken by now. */
export function Elapsed({ since }: { readonly since: string }) {
  const formats = useFormats();
  const now = useNow(1000);
  const start = new Date(since).getTime();
  return <>{formats.span(Math.max(0, Math.round((now - start) / 1000) * 1000))}</>;
}
