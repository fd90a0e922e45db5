// Charts over days: bars with parts, and a line with what it rests on. Drawn as SVG; the table behind them is for screen readers.
import { scaleBand, scaleLinear } from 'd3-scale';
import { curveMonotoneX, line } from 'd3-shape';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { useFormats } from '../i18n/format.ts';

export interface Series {
  readonly name: string;
  readonly tone: 'accent' | 'muted' | 'good' | 'bad' | 'info';
  readonly valueOf: (at: number) => number;
}

interface ChartProps {
  readonly title: string;
  /** UTC dates, one a column. */
  readonly days: readonly string[];
  /** From the bottom up. */
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** A line over the bars with its own scale from 0 to 1; null: no point that day. */
  readonly share?: { readonly name: string; readonly valueOf: (at: number) => number | null };
}

const HEIGHT = 148;
const MARGIN = { top: 10, right: 34, bottom: 20, left: 40 };
const SMALLEST_WIDTH = 240;

export function DayChart(props: ChartProps) {
  const formats = useFormats();
  const { days, series, share } = props;
  const [frame, width] = useWidth();
  const [chosen, setChosen] = useState<number | null>(null);
  const sumOf = (at: number) => series.reduce((sum, one) => sum + one.valueOf(at), 0);
  const x = scaleBand<number>()
    .domain(days.map((_, at) => at))
    .range([MARGIN.left, width - MARGIN.right])
    .padding(0.28);
  const most = Math.max(1, ...days.map((_, at) => sumOf(at)));
  const y = scaleLinear()
    .domain([0, most])
    .nice(3)
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const shown = chosen ?? days.length - 1;
  const day = days[shown];
  const spoken = [
    day === undefined ? '' : formats.shortDate(day),
    ...series.map((one) => `${one.name} ${props.format(one.valueOf(shown))}`),
    ...(share ? [`${share.name} ${shareText(share.valueOf(shown), formats.percent)}`] : []),
  ].join(', ');
  return (
    <figure className="chart" ref={frame}>
      <figcaption className="chart-caption">
        <span className="chart-day">{day === undefined ? '' : formats.shortDate(day)}</span>
        {[...series].reverse().map((one) => (
          <span key={one.name} className="chart-key">
            <span className={`chart-swatch fill-${one.tone}`} aria-hidden />
            {one.name} <b>{props.format(one.valueOf(shown))}</b>
          </span>
        ))}
        {share ? (
          <span className="chart-key">
            <span className="chart-swatch chart-swatch-line" aria-hidden />
            {share.name} <b>{shareText(share.valueOf(shown), formats.percent)}</b>
          </span>
        ) : null}
      </figcaption>
      <div className="chart-frame">
        <svg width={width} height={HEIGHT} aria-hidden="true" focusable="false">
          <Axes x={x} y={y} width={width} days={days} format={props.format} hasShare={share !== undefined} />
          {days.map((date, at) => (
            <g key={date} className={at === chosen ? 'chart-column chosen' : 'chart-column'}>
              <rect
                className="chart-hit"
                x={(x(at) ?? 0) - 1}
                y={MARGIN.top}
                width={x.step()}
                height={HEIGHT - MARGIN.bottom - MARGIN.top}
              />
              <Bars at={at} x={x(at) ?? 0} width={x.bandwidth()} y={y} series={series} />
            </g>
          ))}
          {share ? <ShareLine days={days} x={x} valueOf={share.valueOf} /> : null}
        </svg>
        <DaySlider title={props.title} count={days.length} shown={shown} text={spoken} onChoose={setChosen} />
      </div>
      <ChartTable {...props} />
    </figure>
  );
}

/** An unseen slider over the columns: arrow keys, mouse and finger all choose a day with it. */
function DaySlider(props: {
  readonly title: string;
  readonly count: number;
  readonly shown: number;
  readonly text: string;
  readonly onChoose: (at: number | null) => void;
}) {
  const { title, count, shown, text, onChoose } = props;
  const hover = (event: PointerEvent<HTMLInputElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - left) / width) * count);
    onChoose(Math.min(count - 1, Math.max(0, at)));
  };
  return (
    <input
      type="range"
      className="chart-slider"
      min={0}
      max={count - 1}
      value={shown}
      aria-label={title}
      aria-valuetext={text}
      onChange={(event) => onChoose(Number(event.target.value))}
      onPointerMove={hover}
      onPointerLeave={() => onChoose(null)}
      onBlur={() => onChoose(null)}
    />
  );
}

const shareText = (value: number | null, percent: (share: number) => string) =>
  value === null ? '–' : percent(value);

type Band = ReturnType<typeof scaleBand<number>>;
type Linear = ReturnType<typeof scaleLinear<number, number>>;

function Bars(props: { at: number; x: number; width: number; y: Linear; series: readonly Series[] }) {
  const { at, x, width, y, series } = props;
  let below = 0;
  return series.map((one) => {
    const value = one.valueOf(at);
    const top = y(below + value);
    const height = y(below) - top;
    below += value;
    return height <= 0 ? null : (
      <rect
        key={one.name}
        className={`fill-${one.tone}`}
        x={x}
        y={top}
        width={Math.max(1, width)}
        height={Math.max(1, height)}
        rx="1"
      />
    );
  });
}

function ShareLine(props: { days: readonly string[]; x: Band; valueOf: (at: number) => number | null }) {
  const y = scaleLinear()
    .domain([0, 1])
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const points = props.days.flatMap((_, at) => {
    const value = props.valueOf(at);
    return value === null ? [] : [{ x: (props.x(at) ?? 0) + props.x.bandwidth() / 2, y: y(value) }];
  });
  const path = line<{ x: number; y: number }>()
    .x((point) => point.x)
    .y((point) => point.y)
    .curve(curveMonotoneX)(points);
  return (
    <>
      <path className="chart-line" d={path ?? ''} />
      {points.map((point) => (
        <circle key={point.x} className="chart-point" cx={point.x} cy={point.y} r="2.2" />
      ))}
    </>
  );
}

function Axes(props: {
  x: Band;
  y: Linear;
  width: number;
  days: readonly string[];
  format: (value: number) => string;
  hasShare: boolean;
}) {
  const formats = useFormats();
  const { x, y, width, days } = props;
  const labels = [0, Math.floor((days.length - 1) / 2), days.length - 1];
  return (
    <>
      {y.ticks(3).map((tick) => (
        <g key={tick}>
          <line className="chart-grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          <text className="chart-label" x={MARGIN.left - 6} y={y(tick) + 3.5} textAnchor="end">
            {props.format(tick)}
          </text>
        </g>
      ))}
      {props.hasShare
        ? [0, 0.5, 1].map((tick) => (
            <text
              key={tick}
              className="chart-label"
              x={width - 2}
              y={HEIGHT - MARGIN.bottom - tick * (HEIGHT - MARGIN.bottom - MARGIN.top) + 3.5}
              textAnchor="end"
            >
              {formats.percent(tick)}
            </text>
          ))
        : null}
      {[...new Set(labels)].map((at, index) => (
        <text
          key={at}
          className="chart-label"
          x={(x(at) ?? 0) + x.bandwidth() / 2}
          y={HEIGHT - 5}
          textAnchor={index === 0 ? 'start' : index === 2 ? 'end' : 'middle'}
        >
          {formats.shortDate(days[at] ?? '')}
        </text>
      ))}
    </>
  );
}

function ChartTable(props: ChartProps) {
  const formats = useFormats();
  return (
    // A table takes the width it needs, whatever it is told: only what is around it can hide it.
    <div className="sr">
      <table>
        <caption>{props.title}</caption>
        <tbody>
          {props.days.map((day, at) => (
            <tr key={day}>
              <th scope="row">{formats.shortDate(day)}</th>
              {props.series.map((one) => (
                <td key={one.name}>{`${one.name}: ${props.format(one.valueOf(at))}`}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function useWidth() {
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(SMALLEST_WIDTH);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(SMALLEST_WIDTH, Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [frame, width] as const;
}
