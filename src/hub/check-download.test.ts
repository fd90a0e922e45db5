// What may come in: only the promised files, signed by the publisher that was pinned, without what safety blocks.
import { describe, expect, it } from 'vitest';
import type { SkillFiles } from '../skills/index.ts';
import { checkDownload } from './check-download.ts';
import { hashOfFiles } from './content.ts';
import { createSigningKey, type SigningKey, signStatement } from './statements.ts';

const skill = (text: string): SkillFiles =>
  new Map([
    ['SKILL.md', Buffer.from(`---\nname: notes\ndescription: Write release notes\n---\n# Notes\n${text}\n`)],
  ]);

const files = skill('Group by area.');
const publisher = createSigningKey();
const stranger = createSigningKey();

const signed = (key: SigningKey, of: SkillFiles = files) =>
  signStatement(key, {
    ...{ type: 'openspace.publication/1', record_id: 'notes__clo_00000001', name: 'notes' },
    ...{ files_hash: hashOfFiles(of), parents: [], created_at: '2026-01-01T00:00:00Z' },
  });

const pinnedKey = publisher.publicKey;

describe('a pinned publisher', () => {
  it.each([
    ['its next version', { publication: signed(publisher), pinnedKey }, publisher.publicKey],
    ['the first signed version', { publication: signed(publisher), pinnedKey: null }, publisher.publicKey],
    [
      'another publisher, wanted by the user',
      { publication: signed(stranger), pinnedKey, acceptKey: true },
      stranger.publicKey,
    ],
    ['no signature, wanted by the user', { publication: null, pinnedKey, acceptKey: true }, null],
    ['no signature and no pin', { publication: undefined, pinnedKey: undefined }, null],
  ])('lets in %s', (_title, expected, publisherKey) => {
    expect(checkDownload('notes', files, expected)).toMatchObject({ publisherKey, quarantine: false });
  });

  const { signature } = signed(stranger);
  it.each([
    ['another publisher', { publication: signed(stranger), pinnedKey }, /signed by another publisher/],
    ['a version without a signature', { publication: null, pinnedKey }, /was signed before/],
    [
      'a signature of other files',
      { publication: signed(publisher, skill('Other.')), pinnedKey },
      /other files/,
    ],
    ['a forged signature', { publication: { ...signed(publisher), signature }, pinnedKey }, /does not fit/],
    ['other files than promised', { filesHash: hashOfFiles(skill('Other.')) }, /promised/],
  ])('keeps out %s', (_title, expected, message) => {
    expect(() => checkDownload('notes', files, expected)).toThrow(message);
  });
});

it('a forged signature is not excused by the user’s wish for a new key', () => {
  const publication = { ...signed(stranger), signature: signed(publisher).signature };
  expect(() => checkDownload('notes', files, { publication, pinnedKey, acceptKey: true })).toThrow(
    /does not fit/,
  );
});
