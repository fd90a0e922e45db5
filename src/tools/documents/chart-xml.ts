// A chart as Office draws it (DrawingML): editable in Word, Excel and PowerPoint, its data in a workbook beside it.
import { type Chart, colorOf } from './blocks.ts';
import { columnName } from './xlsx-read.ts';
import { escapeXml, XML_HEAD } from './xml.ts';

const NAMESPACES =
  'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';

/** Where a chart's data stands in a workbook, as references such as `'Data'!$A$2:$A$5`. */
export interface ChartReferences {
  readonly labels: string;
  readonly series: readonly { readonly name: string | undefined; readonly values: string }[];
}

/** Without references the data stands in the chart itself. `externalData` is the relation to a workbook beside it. */
export function chartXml(
  chart: Chart,
  options: { readonly references: ChartReferences | undefined; readonly externalData?: string },
): string {
  const plot = { bar: barPlot, column: barPlot, line: linePlot, area: areaPlot, pie: piePlot }[chart.type];
  const external =
    options.externalData === undefined
      ? ''
      : `<c:externalData r:id="${options.externalData}"><c:autoUpdate val="0"/></c:externalData>`;
  const legend =
    chart.type === 'pie' || chart.series.length > 1
      ? '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
      : '';
  return `${XML_HEAD}<c:chartSpace ${NAMESPACES}><c:roundedCorners val="0"/><c:chart>${title(chart.title)}<c:plotArea><c:layout/>${plot(chart, options.references)}</c:plotArea>${legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:ln><a:noFill/></a:ln></c:spPr>${external}</c:chartSpace>`;
}

function title(text: string | undefined): string {
  if (text === undefined || text === '') return '<c:autoTitleDeleted val="1"/>';
  return `<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1300" b="1"/></a:pPr><a:r><a:rPr lang="en-US" sz="1300" b="1"/><a:t>${escapeXml(text)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/>`;
}

function barPlot(chart: Chart, references: ChartReferences | undefined): string {
  const isBar = chart.type === 'bar';
  const series = chart.series.map((_, index) =>
    seriesXml(chart, index, references, `${fill(index)}<c:invertIfNegative val="0"/>`),
  );
  return `<c:barChart><c:barDir val="${isBar ? 'bar' : 'col'}"/><c:grouping val="clustered"/><c:varyColors val="0"/>${series.join('')}<c:gapWidth val="60"/>${AXIS_IDS}</c:barChart>${axes(isBar)}`;
}

function linePlot(chart: Chart, references: ChartReferences | undefined): string {
  const series = chart.series.map((_, index) =>
    seriesXml(
      chart,
      index,
      references,
      `${line(index)}<c:marker><c:symbol val="circle"/><c:size val="5"/></c:marker>`,
      '<c:smooth val="0"/>',
    ),
  );
  return `<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>${series.join('')}<c:marker val="1"/>${AXIS_IDS}</c:lineChart>${axes(false)}`;
}

function areaPlot(chart: Chart, references: ChartReferences | undefined): string {
  const series = chart.series.map((_, index) => seriesXml(chart, index, references, areaFill(index)));
  return `<c:areaChart><c:grouping val="standard"/><c:varyColors val="0"/>${series.join('')}${AXIS_IDS}</c:areaChart>${axes(false)}`;
}

function piePlot(chart: Chart, references: ChartReferences | undefined): string {
  const points = chart.labels.map(
    (_, index) => `<c:dPt><c:idx val="${index}"/><c:bubble3D val="0"/>${fill(index)}</c:dPt>`,
  );
  const labels =
    '<c:dLbls><c:showLegendKey val="0"/><c:showVal val="0"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="1"/><c:showBubbleSize val="0"/><c:showLeaderLines val="0"/></c:dLbls>';
  return `<c:pieChart><c:varyColors val="1"/>${seriesXml(chart, 0, references, points.join('') + labels)}<c:firstSliceAng val="0"/></c:pieChart>`;
}

const AXIS_IDS = '<c:axId val="1001"/><c:axId val="1002"/>';

function axes(swapped: boolean): string {
  const grid =
    '<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="D9DDE3"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>';
  const head = (id: number, reversed: boolean) =>
    `<c:axId val="${id}"/><c:scaling><c:orientation val="${reversed ? 'maxMin' : 'minMax'}"/></c:scaling><c:delete val="0"/>`;
  // Bars read from the top down in the order of the labels.
  const category = `<c:catAx>${head(1001, swapped)}<c:axPos val="${swapped ? 'l' : 'b'}"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="1002"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>`;
  const value = `<c:valAx>${head(1002, false)}<c:axPos val="${swapped ? 'b' : 'l'}"/>${grid}<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1001"/><c:crosses val="${swapped ? 'max' : 'autoZero'}"/><c:crossBetween val="between"/></c:valAx>`;
  return category + value;
}

const fill = (index: number) =>
  `<c:spPr><a:solidFill><a:srgbClr val="${colorOf(index)}"/></a:solidFill></c:spPr>`;
/** Areas lie behind each other, so one must show through. */
const areaFill = (index: number) =>
  `<c:spPr><a:solidFill><a:srgbClr val="${colorOf(index)}"><a:alpha val="60000"/></a:srgbClr></a:solidFill></c:spPr>`;
const line = (index: number) =>
  `<c:spPr><a:ln w="28575" cap="rnd"><a:solidFill><a:srgbClr val="${colorOf(index)}"/></a:solidFill><a:round/></a:ln></c:spPr>`;

function seriesXml(
  chart: Chart,
  index: number,
  references: ChartReferences | undefined,
  style: string,
  tail = '',
): string {
  const { name, values } = chart.series[index] ?? { name: '', values: [] };
  const place = references?.series[index];
  const points = (items: readonly (string | number | null)[]) =>
    `<c:ptCount val="${items.length}"/>${items
      .map((item, at) =>
        item === null ? '' : `<c:pt idx="${at}"><c:v>${escapeXml(String(item))}</c:v></c:pt>`,
      )
      .join('')}`;
  const numbers = `<c:formatCode>General</c:formatCode>${points(values)}`;
  const title =
    place?.name === undefined
      ? `<c:v>${escapeXml(name)}</c:v>`
      : `<c:strRef><c:f>${escapeXml(place.name)}</c:f><c:strCache>${points([name])}</c:strCache></c:strRef>`;
  const labels =
    references === undefined
      ? `<c:strLit>${points(chart.labels)}</c:strLit>`
      : `<c:strRef><c:f>${escapeXml(references.labels)}</c:f><c:strCache>${points(chart.labels)}</c:strCache></c:strRef>`;
  const data =
    place === undefined
      ? `<c:numLit>${numbers}</c:numLit>`
      : `<c:numRef><c:f>${escapeXml(place.values)}</c:f><c:numCache>${numbers}</c:numCache></c:numRef>`;
  return `<c:ser><c:idx val="${index}"/><c:order val="${index}"/><c:tx>${title}</c:tx>${style}<c:cat>${labels}</c:cat><c:val>${data}</c:val>${tail}</c:ser>`;
}

/** Finds the chart's labels and values in columns of a sheet; undefined unless all of them stand there. */
export function findReferences(
  chart: Chart,
  sheetName: string,
  rows: readonly (readonly unknown[])[],
): ChartReferences | undefined {
  const quoted = `'${sheetName.replaceAll("'", "''")}'!`;
  const find = (wanted: readonly (string | number | null)[]) => findColumn(rows, wanted);
  const cells = (column: number, top: number, length: number) =>
    `${quoted}$${columnName(column + 1)}$${top + 1}:$${columnName(column + 1)}$${top + length}`;
  const labels = find(chart.labels);
  if (labels === undefined) return undefined;
  const series = [];
  for (const { name, values } of chart.series) {
    const found = find(values);
    if (found === undefined) return undefined;
    const isNamed = found.row > 0 && String(rows[found.row - 1]?.[found.column] ?? '') === name;
    series.push({
      name: isNamed ? `${quoted}$${columnName(found.column + 1)}$${found.row}` : undefined,
      values: cells(found.column, found.row, values.length),
    });
  }
  return { labels: cells(labels.column, labels.row, chart.labels.length), series };
}

function findColumn(rows: readonly (readonly unknown[])[], wanted: readonly (string | number | null)[]) {
  const width = Math.max(0, ...rows.slice(0, 1_000).map((row) => row.length));
  const isSame = (cell: unknown, value: string | number | null) => String(cell ?? '') === String(value ?? '');
  for (let row = 0; row + wanted.length <= Math.min(rows.length, 5_000); row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (wanted.every((value, at) => isSame(rows[row + at]?.[column], value))) return { row, column };
    }
  }
  return undefined;
}

/** The chart's data as rows of a sheet. */
export function chartRows(chart: Chart): (string | number | null)[][] {
  const head = ['', ...chart.series.map((series) => series.name)];
  return [
    head,
    ...chart.labels.map((label, at) => [label, ...chart.series.map(({ values }) => values[at] ?? null)]),
  ];
}
