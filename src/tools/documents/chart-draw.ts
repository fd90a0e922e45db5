// Draws charts into a PDF page.
import type PdfDocument from 'pdfkit';
import { type Chart, colorOf } from './blocks.ts';
import type { PdfFonts } from './pdf-write.ts';

type Pdf = InstanceType<typeof PdfDocument>;
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface Scale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

const GREY = '#6E7781';

export function drawChart(pdf: Pdf, chart: Chart, box: Box, fonts: PdfFonts): void {
  let top = box.y;
  if (chart.title !== undefined && chart.title !== '') {
    pdf.font(fonts.bold, 11).fillColor('#1B2430');
    pdf.text(chart.title, box.x, top, { width: box.width, align: 'center', height: 14, ellipsis: true });
    top += 20;
  }
  const isPie = chart.type === 'pie';
  const names = isPie ? chart.labels : chart.series.map((series) => series.name);
  const legend = isPie || chart.series.length > 1 ? 18 : 0;
  const inner = { x: box.x, y: top, width: box.width, height: box.y + box.height - top - legend };
  if (isPie) drawPie(pdf, chart, inner);
  else if (chart.type === 'bar') drawBars(pdf, chart, inner, fonts);
  else drawColumns(pdf, chart, inner, fonts);
  if (legend > 0) drawLegend(pdf, names, { ...box, y: box.y + box.height - 12, height: 12 }, fonts);
  pdf.fillColor('#1B2430').strokeColor('#1B2430').lineWidth(1);
}

/** Round steps that cover all values and zero. */
export function scaleOf(chart: Chart): Scale {
  const values = chart.series.flatMap((series) => series.values.filter((value) => value !== null));
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const span = high - low || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return { min: ticks[0] ?? 0, max: ticks.at(-1) ?? 1, ticks };
}

const shortNumber = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 4 });

function drawColumns(pdf: Pdf, chart: Chart, box: Box, fonts: PdfFonts): void {
  const scale = scaleOf(chart);
  const plot = { x: box.x + 46, y: box.y + 4, width: box.width - 54, height: box.height - 24 };
  const yOf = (value: number) => plot.y + plot.height * (1 - (value - scale.min) / (scale.max - scale.min));
  pdf.font(fonts.regular, 8).fillColor(GREY).lineWidth(0.5);
  for (const tick of scale.ticks) {
    pdf
      .moveTo(plot.x, yOf(tick))
      .lineTo(plot.x + plot.width, yOf(tick))
      .stroke(tick === 0 ? '#8A93A0' : '#D9DDE3');
    pdf.text(shortNumber(tick), box.x, yOf(tick) - 4, { width: 40, align: 'right', lineBreak: false });
  }
  const slot = plot.width / chart.labels.length;
  const every = Math.ceil(chart.labels.length / 14); // more labels would overlap
  for (const [index, label] of chart.labels.entries()) {
    if (index % every !== 0) continue;
    const width = slot * every;
    pdf.fillColor(GREY).text(label, plot.x + index * slot - (width - slot) / 2, plot.y + plot.height + 6, {
      width,
      height: 10,
      align: 'center',
      ellipsis: true,
    });
  }
  const middle = (index: number) => plot.x + (index + 0.5) * slot;
  for (const [at, series] of chart.series.entries()) {
    const color = `#${colorOf(at)}`;
    if (chart.type === 'column') {
      const width = (slot * 0.7) / chart.series.length;
      for (const [index, value] of series.values.entries()) {
        if (value === null) continue;
        const x = middle(index) - slot * 0.35 + at * width;
        pdf.rect(x, Math.min(yOf(value), yOf(0)), width * 0.94, Math.abs(yOf(value) - yOf(0))).fill(color);
      }
    } else drawLine(pdf, series.values, { x: middle, y: yOf }, color, chart.type === 'area');
  }
}

function drawLine(
  pdf: Pdf,
  values: readonly (number | null)[],
  place: { x: (index: number) => number; y: (value: number) => number },
  color: string,
  filled: boolean,
): void {
  // A missing value is a gap.
  const gap = values.indexOf(null);
  if (gap !== -1) {
    drawLine(pdf, values.slice(0, gap), place, color, filled);
    const after = { ...place, x: (index: number) => place.x(index + gap + 1) };
    drawLine(pdf, values.slice(gap + 1), after, color, filled);
    return;
  }
  const points = values.flatMap((value, index) =>
    value === null ? [] : [{ x: place.x(index), y: place.y(value) }],
  );
  const [first, ...rest] = points;
  if (first === undefined) return;
  if (filled) {
    pdf.moveTo(first.x, place.y(0)).lineTo(first.x, first.y);
    for (const point of rest) pdf.lineTo(point.x, point.y);
    pdf
      .lineTo(points.at(-1)?.x ?? first.x, place.y(0))
      .fillOpacity(0.35)
      .fill(color)
      .fillOpacity(1);
  }
  pdf.moveTo(first.x, first.y);
  for (const point of rest) pdf.lineTo(point.x, point.y);
  pdf.lineWidth(1.8).stroke(color);
  for (const point of points) pdf.circle(point.x, point.y, 2.2).fill(color);
}

function drawBars(pdf: Pdf, chart: Chart, box: Box, fonts: PdfFonts): void {
  const scale = scaleOf(chart);
  const plot = { x: box.x + 110, y: box.y + 4, width: box.width - 125, height: box.height - 20 };
  const xOf = (value: number) => plot.x + (plot.width * (value - scale.min)) / (scale.max - scale.min);
  pdf.font(fonts.regular, 8).fillColor(GREY).lineWidth(0.5);
  for (const tick of scale.ticks) {
    pdf
      .moveTo(xOf(tick), plot.y)
      .lineTo(xOf(tick), plot.y + plot.height)
      .stroke(tick === 0 ? '#8A93A0' : '#D9DDE3');
    pdf.text(shortNumber(tick), xOf(tick) - 25, plot.y + plot.height + 5, {
      width: 50,
      align: 'center',
      lineBreak: false,
    });
  }
  const slot = plot.height / chart.labels.length;
  const width = (slot * 0.7) / chart.series.length;
  for (const [index, label] of chart.labels.entries()) {
    const top = plot.y + index * slot;
    pdf
      .fillColor(GREY)
      .text(label, box.x, top + slot / 2 - 4, { width: 102, height: 10, align: 'right', ellipsis: true });
    for (const [at, series] of chart.series.entries()) {
      const value = series.values[index] ?? null;
      if (value === null) continue;
      const y = top + slot * 0.15 + at * width;
      pdf
        .rect(Math.min(xOf(0), xOf(value)), y, Math.abs(xOf(value) - xOf(0)), width * 0.94)
        .fill(`#${colorOf(at)}`);
    }
  }
}

function drawPie(pdf: Pdf, chart: Chart, box: Box): void {
  const values = (chart.series[0]?.values ?? []).map((value) => Math.max(0, value ?? 0));
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return;
  const radius = Math.min(box.width, box.height) / 2 - 6;
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  let angle = -Math.PI / 2;
  for (const [index, value] of values.entries()) {
    const end = angle + (value / total) * 2 * Math.PI;
    pdf.moveTo(center.x, center.y);
    const steps = Math.max(2, Math.ceil(((end - angle) / Math.PI) * 60));
    for (let step = 0; step <= steps; step += 1) {
      const at = angle + ((end - angle) * step) / steps;
      pdf.lineTo(center.x + radius * Math.cos(at), center.y + radius * Math.sin(at));
    }
    pdf
      .closePath()
      .lineWidth(1)
      .fillAndStroke(`#${colorOf(index)}`, '#FFFFFF');
    angle = end;
  }
}

function drawLegend(pdf: Pdf, names: readonly string[], box: Box, fonts: PdfFonts): void {
  pdf.font(fonts.regular, 8.5);
  const shown = names
    .slice(0, 10)
    .map((name) => ({ name, width: Math.min(130, pdf.widthOfString(name) + 22) }));
  let x = box.x + Math.max(0, (box.width - shown.reduce((sum, { width }) => sum + width, 0)) / 2);
  for (const [index, { name, width }] of shown.entries()) {
    pdf.rect(x, box.y + 1, 8, 8).fill(`#${colorOf(index)}`);
    pdf.fillColor('#33404F').text(name, x + 11, box.y, { width: width - 13, height: 10, ellipsis: true });
    x += width;
  }
}
