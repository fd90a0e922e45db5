// Charts in office files as their data: the numbers that the file keeps beside the drawing.
import { attribute, child, descendants, elements, textOf, type XmlNode } from './xml.ts';

/** Kind, title and series of a chart, as text. */
export function describeChart(root: XmlNode): string {
  const plot = descendants(root, 'plotArea')[0];
  const kinds = elements(plot).filter((element) => element.name.endsWith('Chart'));
  const title = descendants(child(root, 'chart', 'title'), 't')
    .map(textOf)
    .join('');
  const lines = kinds.flatMap((kind) => descendants(kind, 'ser')).map(describeSeries);
  const name = kinds.map((kind) => kind.name.replace(/3?D?Chart$/, '')).join(' and ') || 'unknown kind';
  return [`[chart (${name})${title === '' ? '' : `: ${title}`}]`, ...lines].join('\n');
}

function describeSeries(series: XmlNode): string {
  const points = (name: string) =>
    descendants(child(series, name), 'pt')
      .slice(0, 200)
      .map((point) => ({ index: attribute(point, 'idx') ?? '', value: textOf(child(point, 'v')) }));
  const labels = new Map([...points('cat'), ...points('xVal')].map(({ index, value }) => [index, value]));
  const values = [...points('val'), ...points('yVal')];
  const name = descendants(child(series, 'tx'), 'v').map(textOf)[0] ?? 'series';
  return `${name}: ${values.map(({ index, value }) => `${labels.get(index) ?? index}=${value}`).join(', ')}`;
}
