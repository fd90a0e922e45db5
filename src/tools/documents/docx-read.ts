// Word documents as Markdown: headings, lists, tables, links, footnotes, pictures, charts. Macros are never run.

import { describeChart } from './chart-read.ts';
import type { ExtractAnswer, ExtractedImage } from './extract.ts';
import { readImage } from './images.ts';
import { type OfficePackage, openPackage } from './office.ts';
import {
  attribute,
  child,
  descendants,
  elements,
  parseRelations,
  parseXml,
  textOf,
  type XmlNode,
} from './xml.ts';

interface Reading {
  readonly pack: OfficePackage;
  readonly relations: ReturnType<typeof parseRelations>;
  /** Style id → heading level. */
  readonly headings: ReadonlyMap<string, number>;
  /** `numId:level` → bullets or numbers. */
  readonly ordered: ReadonlySet<string>;
  readonly counters: Map<string, number>;
  /** Parts that have to be read before their place is printed: pictures and charts. */
  readonly pictures: Set<string>;
  readonly charts: Map<string, string>;
}

export async function readDocx(bytes: Uint8Array): Promise<ExtractAnswer> {
  const pack = await openPackage(bytes);
  const xml = await pack.readText('word/document.xml');
  if (xml === undefined) return { text: '', note: 'This is no Word document: it has no main part.' };
  const relations = parseRelations(await pack.readText('word/_rels/document.xml.rels'), 'word/');
  const reading: Reading = {
    pack,
    relations,
    headings: readHeadings(await pack.readText('word/styles.xml')),
    ordered: readNumbering(await pack.readText('word/numbering.xml')),
    counters: new Map(),
    pictures: new Set(),
    charts: await readCharts(pack, relations),
  };
  const body = child(parseXml(xml), 'body');
  const parts = [blocksOf(body, reading)];
  const notes = await pack.readText('word/footnotes.xml');
  if (notes !== undefined) parts.push(footnotes(parseXml(notes), reading));
  const images: ExtractedImage[] = [];
  for (const name of reading.pictures) {
    const image = readImage(name, await pack.read(name));
    if (image !== undefined) images.push(image);
  }
  const macros = pack.names.some((name) => /vbaProject/i.test(name))
    ? ' It holds macros, which were not run.'
    : '';
  return { text: parts.join('\n\n').trim(), note: `Word document.${macros}`, images };
}

async function readCharts(
  pack: OfficePackage,
  relations: Reading['relations'],
): Promise<Map<string, string>> {
  const charts = new Map<string, string>();
  for (const [id, { target, type }] of relations) {
    if (type !== 'chart') continue;
    const xml = await pack.readText(target);
    if (xml !== undefined) charts.set(id, describeChart(parseXml(xml)));
  }
  return charts;
}

function readHeadings(xml: string | undefined): Map<string, number> {
  const levels = new Map<string, number>();
  if (xml === undefined) return levels;
  for (const style of descendants(parseXml(xml), 'style')) {
    const id = attribute(style, 'styleId') ?? '';
    const name = attribute(child(style, 'name'), 'val')?.toLowerCase() ?? '';
    const outline = attribute(child(style, 'pPr', 'outlineLvl'), 'val');
    const named = /^heading (\d)$/.exec(name)?.[1];
    if (named !== undefined) levels.set(id, Number(named));
    else if (name === 'title') levels.set(id, 1);
    else if (outline !== undefined && Number(outline) < 6) levels.set(id, Number(outline) + 1);
  }
  return levels;
}

function readNumbering(xml: string | undefined): Set<string> {
  const ordered = new Set<string>();
  if (xml === undefined) return ordered;
  const root = parseXml(xml);
  const abstracts = new Map(
    descendants(root, 'abstractNum').map((item) => [attribute(item, 'abstractNumId') ?? '', item]),
  );
  for (const number of descendants(root, 'num')) {
    const abstract = abstracts.get(attribute(child(number, 'abstractNumId'), 'val') ?? '');
    for (const level of descendants(abstract, 'lvl')) {
      const format = attribute(child(level, 'numFmt'), 'val');
      if (format !== 'bullet' && format !== 'none') {
        ordered.add(`${attribute(number, 'numId')}:${attribute(level, 'ilvl')}`);
      }
    }
  }
  return ordered;
}

function blocksOf(node: XmlNode | undefined, reading: Reading): string {
  let text = '';
  let inList = false;
  for (const element of elements(node)) {
    const isItem = element.name === 'p' && child(element, 'pPr', 'numPr') !== undefined;
    const block = blockOf(element, reading);
    if (block === '') continue;
    text += text === '' ? block : `${inList && isItem ? '\n' : '\n\n'}${block}`;
    inList = isItem;
  }
  return text;
}

function blockOf(element: XmlNode, reading: Reading): string {
  switch (element.name) {
    case 'p':
      return paragraph(element, reading);
    case 'tbl':
      return table(element, reading);
    case 'sdt':
      return blocksOf(child(element, 'sdtContent'), reading);
    case 'ins':
    case 'customXml':
    case 'moveTo':
      return blocksOf(element, reading);
    default:
      return '';
  }
}

function paragraph(element: XmlNode, reading: Reading): string {
  const text = inline(element, reading).replace(/[ \t]+$/gm, '');
  if (text.trim() === '') return '';
  const properties = child(element, 'pPr');
  const level = reading.headings.get(attribute(child(properties, 'pStyle'), 'val') ?? '');
  if (level !== undefined)
    return `${'#'.repeat(Math.min(6, level))} ${text.replace(/\s*\n\s*/g, ' ').trim()}`;
  const numbering = child(properties, 'numPr');
  if (numbering === undefined) return text;
  const depth = Math.min(8, Number(attribute(child(numbering, 'ilvl'), 'val') ?? 0) || 0);
  const key = `${attribute(child(numbering, 'numId'), 'val')}:${depth}`;
  const indent = '  '.repeat(depth);
  if (!reading.ordered.has(key)) return `${indent}- ${text}`;
  const count = (reading.counters.get(key) ?? 0) + 1;
  reading.counters.set(key, count);
  return `${indent}${count}. ${text}`;
}

function inline(node: XmlNode, reading: Reading): string {
  return elements(node)
    .map((element) => inlineElement(element, reading))
    .join('');
}

function inlineElement(element: XmlNode, reading: Reading): string {
  switch (element.name) {
    case 't':
      return textOf(element);
    case 'tab':
      return '\t';
    case 'br':
    case 'cr':
      return '\n';
    case 'noBreakHyphen':
      return '-';
    case 'hyperlink': {
      const text = inline(element, reading);
      const target = reading.relations.get(attribute(element, 'r:id') ?? '')?.target;
      return target === undefined || text === '' ? text : `[${text}](${target})`;
    }
    case 'footnoteReference':
      return `[^${attribute(element, 'id')}]`;
    case 'AlternateContent':
      return inline(child(element, 'Choice') ?? element, reading);
    case 'drawing':
    case 'pict':
      return drawing(element, reading);
    case 'pPr':
    case 'rPr':
    case 'del':
    case 'moveFrom':
    case 'instrText':
      return ''; // properties, what was deleted, field codes
    default:
      return inline(element, reading);
  }
}

function drawing(element: XmlNode, reading: Reading): string {
  const boxes = descendants(element, 'txbxContent').map((box) => blocksOf(box, reading));
  const charts = descendants(element, 'chart').map(
    (chart) => reading.charts.get(attribute(chart, 'r:id') ?? '') ?? '[chart]',
  );
  const alt = descendants(element, 'docPr').map(
    (item) => attribute(item, 'descr') || attribute(item, 'title'),
  )[0];
  const pictures = [...descendants(element, 'blip'), ...descendants(element, 'imagedata')].map((blip) => {
    const id = attribute(blip, 'r:embed') ?? attribute(blip, 'r:id') ?? '';
    const target = reading.relations.get(id)?.target;
    if (target !== undefined) reading.pictures.add(target);
    return `[picture${alt === undefined ? '' : `: ${alt}`}]`;
  });
  return [...boxes, ...charts, ...pictures].join('\n');
}

function table(element: XmlNode, reading: Reading): string {
  const rows = elements(element)
    .filter((row) => row.name === 'tr')
    .map((row) =>
      elements(row)
        .filter((cell) => cell.name === 'tc')
        .map((cell) =>
          blocksOf(cell, reading)
            .replaceAll('|', '\\|')
            .replace(/\s*\n\s*/g, ' <br> '),
        ),
    );
  return markdownTable(rows);
}

/** Rows of any lengths as one Markdown table; the first is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return '';
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? '').join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${' --- |'.repeat(width)}`, ...body.map(line)].join('\n');
}

function footnotes(root: XmlNode, reading: Reading): string {
  return elements(root)
    .filter((note) => attribute(note, 'type') === undefined)
    .map((note) => `[^${attribute(note, 'id')}]: ${blocksOf(note, reading)}`)
    .join('\n');
}
