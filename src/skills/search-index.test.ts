import { describe, expect, it } from 'vitest';
import { openDatabase } from '../lib/index.ts';
import { CONFIDENT, openSearchIndex, type SearchEntry, type SearchIndex } from './search-index.ts';
import type { SkillId, VersionId } from './skill.ts';

function entry(name: string, description: string, more: Partial<SearchEntry> = {}): SearchEntry {
  return {
    skillId: name as SkillId,
    versionId: `${name}__v1_00000000` as VersionId,
    name,
    description,
    tags: [],
    headings: '',
    body: '',
    lineageKey: name,
    filesHash: name,
    ...more,
  };
}

function library(...more: SearchEntry[]): SearchIndex {
  const index = openSearchIndex(openDatabase({ path: ':memory:' }));
  index.upsert([
    entry('pdf-text-extraction', 'Extract text from PDF files with pdftotext when reading fails', {
      headings: '# Extraction\n## OCR for scanned pages',
      body: 'Use pdftotext -layout. Scanned pages need tesseract, pages without text layer too.',
    }),
    entry('excel-merged-cells', 'Unmerge cells of a workbook before writing values', {
      body: 'openpyxl raises AttributeError for a MergedCell. Unmerge, write, merge again.',
    }),
    entry('zip-deliverable', 'Package the finished project as one archive'),
    entry('circuit-breaker', 'Stop calling a service that keeps failing and serve cached data'),
    entry('中文报告', '从数据库读取数据并生成季度报告', { body: '先连接数据库，再生成报告。' }),
    ...more,
  ]);
  return index;
}

const names = (index: SearchIndex, query: string, limit = 5) =>
  index.search(query, { limit }).map((hit) => hit.name);

describe('search index', () => {
  it.each([
    ['exact words', 'pdf text extraction', 'pdf-text-extraction'],
    ['other forms of the words', 'extracting texts', 'pdf-text-extraction'],
    ['a typo', 'extarct pdf txet', 'pdf-text-extraction'],
    ['a part of a word', 'break', 'circuit-breaker'],
    ['a tool named in the body', 'tesseract', 'pdf-text-extraction'],
    ['an error message', "AttributeError: 'MergedCell' object", 'excel-merged-cells'],
    ['a file type', 'fill budget.xlsx', 'excel-merged-cells'],
    ['Chinese for an English skill', '提取PDF中的文本', 'pdf-text-extraction'],
    ['Chinese for a Chinese skill', '季度报告', '中文报告'],
    ['English for a Chinese skill', 'database report', '中文报告'],
    ['Japanese', 'セルの結合を解除する', 'excel-merged-cells'],
    ['Spanish', 'comprimir los archivos', 'zip-deliverable'],
    ['full-width letters and case', 'ＰＤＦ EXTRACT', 'pdf-text-extraction'],
  ])('finds a skill by %s', (_, query, expected) => {
    expect(names(library(), query)[0]).toBe(expected);
  });

  it('is unsure where nothing answers, and sure where a skill does', () => {
    const index = library();
    expect(index.search('deploy kubernetes with helm', { limit: 1 })[0]?.confidence ?? 0).toBeLessThan(
      CONFIDENT,
    );
    expect(index.search('extract text from pdf', { limit: 1 })[0]?.confidence).toBeGreaterThan(CONFIDENT);
  });

  it('says why a skill was found', () => {
    const [hit] = library().search('extarct pdf', { limit: 1 });
    expect(hit?.reasons).toEqual([
      '“extarct” read as “extract” in name, description, headings',
      '“pdf” in name, description',
    ]);
  });

  it('forgets what was removed and replaces what was written again', () => {
    const index = library();
    index.remove(['zip-deliverable' as SkillId]);
    expect(names(index, 'archive')).toEqual([]);
    index.upsert([entry('circuit-breaker', 'Now about gardening')]);
    expect(names(index, 'gardening')).toEqual(['circuit-breaker']);
    expect(names(index, 'cached')).toEqual([]);
  });
});
