// Presentations as Markdown: per slide its title, text, tables, charts and the speaker's notes.
import { describeChart } from './chart-read.ts';
import { markdownTable } from './docx-read.ts';
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

export async function readPptx(bytes: Uint8Array, first: number, last: number): Promise<ExtractAnswer> {
  const pack = await openPackage(bytes);
  const xml = await pack.readText('ppt/presentation.xml');
  if (xml === undefined) return { text: '', note: 'This is no presentation: it has no main part.' };
  const relations = parseRelations(await pack.readText('ppt/_rels/presentation.xml.rels'), 'ppt/');
  const slides = descendants(parseXml(xml), 'sldId').flatMap(
    (slide) => relations.get(attribute(slide, 'r:id') ?? '')?.target ?? [],
  );
  const texts: string[] = [];
  const images: ExtractedImage[] = [];
  for (const [index, name] of slides.entries()) {
    if (index + 1 < first || index + 1 > last) continue;
    const slide = await readSlide(pack, name, index + 1);
    texts.push(slide.text);
    images.push(...slide.images);
  }
  const count = `Presentation, ${slides.length} ${slides.length === 1 ? 'slide' : 'slides'}.`;
  const more = last < slides.length ? ` Read on with the slides from ${last + 1}.` : '';
  return { text: texts.join('\n\n'), note: `${count}${more}`, images };
}

async function readSlide(pack: OfficePackage, name: string, number: number) {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const relations = parseRelations(
    await pack.readText(`${folder}_rels/${name.slice(folder.length)}.rels`),
    folder,
  );
  const root = parseXml((await pack.readText(name)) ?? '');
  const shapes = descendants(root, 'sp');
  const isTitle = (shape: XmlNode) => /title/i.test(attribute(descendants(shape, 'ph')[0], 'type') ?? '');
  const title = shapes.filter(isTitle).map(paragraphsOf).join(' ').replace(/\s+/g, ' ').trim();
  const parts = [`## Slide ${number}${title === '' ? '' : `: ${title}`}`];
  parts.push(...shapes.filter((shape) => !isTitle(shape)).map(paragraphsOf));
  for (const table of descendants(root, 'tbl')) {
    const rows = descendants(table, 'tr').map((row) =>
      descendants(row, 'tc').map((cell) => paragraphsOf(cell).replace(/\s*\n\s*/g, ' <br> ')),
    );
    parts.push(markdownTable(rows));
  }
  const images: ExtractedImage[] = [];
  for (const { target, type } of relations.values()) {
    if (type === 'chart') parts.push(describeChart(parseXml((await pack.readText(target)) ?? '')));
    if (type === 'notesSlide') {
      const notes = parseXml((await pack.readText(target)) ?? '');
      const body = descendants(notes, 'sp').filter(
        (shape) => attribute(descendants(shape, 'ph')[0], 'type') === 'body',
      );
      parts.push(
        ...body.map((shape) => `Notes: ${paragraphsOf(shape)}`).filter((text) => text !== 'Notes: '),
      );
    }
    if (type === 'image') {
      const image = readImage(target, await pack.read(target));
      if (image !== undefined) images.push(image);
    }
  }
  if (images.length > 0) parts.push(`[${images.length} ${images.length === 1 ? 'picture' : 'pictures'}]`);
  return { text: parts.filter((part) => part !== '').join('\n\n'), images };
}

function paragraphsOf(shape: XmlNode): string {
  return descendants(shape, 'p')
    .map((paragraph) => {
      const level = Number(attribute(child(paragraph, 'pPr'), 'lvl') ?? 0) || 0;
      const text = elements(paragraph)
        .map((run) => (run.name === 'br' ? '\n' : textOf(child(run, 't'))))
        .join('');
      return text === '' ? '' : `${'  '.repeat(Math.min(8, level))}${text}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}
