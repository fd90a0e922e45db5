// Numbers, money, sizes, times and spans in the page's language.
import { LANGUAGE_TAG, type Language, useSpeech } from './language.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** All formats of one language; they are costly to make, so each is made once. */
function makeFormats(language: Language) {
  const tag = LANGUAGE_TAG[language];
  const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(tag, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 });
  const decimal = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  const moment = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' });
  const clock = new Intl.DateTimeFormat(tag, {
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    hourCycle: 'h23',
  });
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium' });
  const shortDate = new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' });
  const money = (usd: number) =>
    new Intl.NumberFormat(tag, {
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      // Learning costs cents: two digits would show most of it as nothing.
      maximumFractionDigits: usd !== 0 && Math.abs(usd) < 1 ? 4 : 2,
    }).format(usd);
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(tag, {
      style: 'unit',
      unit: name,
      unitDisplay: 'narrow',
      maximumFractionDigits: value < 10 ? 1 : 0,
    }).format(value);
  return {
    whole: (value: number) => whole.format(value),
    short: (value: number) => (Math.abs(value) < 1000 ? whole.format(value) : short.format(value)),
    decimal: (value: number) => decimal.format(value),
    percent: (share: number) => percent.format(share),
    money,
    moment: (iso: string) => readable(iso, (time) => moment.format(time)),
    clock: (iso: string) => readable(iso, (time) => clock.format(time)),
    date: (iso: string) => readable(iso, (time) => date.format(time)),
    /** Of a UTC date without a time. */
    shortDate: (day: string) => readable(`${day}T00:00:00Z`, (time) => shortDate.format(time)),
    ago: (iso: string, now: number) =>
      readable(iso, (time) => ago(time.getTime() - now, relative, date, time)),
    span: (tookMs: number) => {
      if (tookMs < 1000) return unit(Math.round(tookMs), 'millisecond');
      if (tookMs < MINUTE_MS) return unit(tookMs / 1000, 'second');
      if (tookMs < HOUR_MS)
        return `${unit(Math.floor(tookMs / MINUTE_MS), 'minute')} ${unit(Math.floor((tookMs % MINUTE_MS) / 1000), 'second')}`;
      return `${unit(Math.floor(tookMs / HOUR_MS), 'hour')} ${unit(Math.floor((tookMs % HOUR_MS) / MINUTE_MS), 'minute')}`;
    },
    size: (sizeBytes: number) =>
      sizeBytes < 1000
        ? unit(sizeBytes, 'byte')
        : sizeBytes < 1_000_000
          ? unit(sizeBytes / 1000, 'kilobyte')
          : unit(sizeBytes / 1_000_000, 'megabyte'),
  };
}

/** Old recordings hold times that no clock can read: these are shown as they are. */
function readable(iso: string, show: (time: Date) => string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : show(time);
}

function ago(
  fromNowMs: number,
  relative: Intl.RelativeTimeFormat,
  date: Intl.DateTimeFormat,
  time: Date,
): string {
  const distance = Math.abs(fromNowMs);
  if (distance < MINUTE_MS) return relative.format(Math.round(fromNowMs / 1000), 'second');
  if (distance < HOUR_MS) return relative.format(Math.round(fromNowMs / MINUTE_MS), 'minute');
  if (distance < DAY_MS) return relative.format(Math.round(fromNowMs / HOUR_MS), 'hour');
  if (distance < 14 * DAY_MS) return relative.format(Math.round(fromNowMs / DAY_MS), 'day');
  return date.format(time);
}

export type Formats = ReturnType<typeof makeFormats>;

const FORMATS: Record<Language, () => Formats> = {
  en: once(() => makeFormats('en')),
  zh: once(() => makeFormats('zh')),
};

function once<T>(make: () => T): () => T {
  const made: T[] = [];
  return () => {
    const first = made[0] ?? make();
    made[0] = first;
    return first;
  };
}

export const useFormats = (): Formats => FORMATS[useSpeech().language]();
