// The original's recorded results on JSON in replies.
import { findJsonObject } from '../../src/lib/model-json.ts';
import { describeOracle, textOf } from './cases.ts';

describeOracle('extract_json', ({ text }) => {
  const found = findJsonObject(textOf(text));
  return found === undefined || found.repaired ? null : found.value; // the original mends nothing
});
