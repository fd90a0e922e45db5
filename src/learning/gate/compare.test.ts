import { describe, expect, it } from 'vitest';
import { decide, GATE_RULES, judgeCase, needsSecondLook } from './compare.ts';
import type { ArmReport, CaseReport, CaseResult } from './verdict.ts';

const arm = (kind: ArmReport['arm'], passed: number, runs = 1, tokens = 1_000): ArmReport => ({
  ...{ arm: kind, passed, runs, tokens, turns: 3, runIds: [] },
});
const candidate = (passed: number, runs = 1, tokens = 1_000) => arm('candidate', passed, runs, tokens);

describe('one case', () => {
  it.each<[string, ArmReport[], CaseResult]>([
    ['only the candidate does it', [candidate(1), arm('none', 0)], 'better'],
    ['neither does it', [candidate(0), arm('none', 0)], 'open'],
    ['it was done without', [candidate(0, 2), arm('none', 1)], 'worse'],
    [
      'the current version does it, no skill does not',
      [candidate(0, 2), arm('current', 1), arm('none', 0)],
      'worse',
    ],
    [
      'no skill does it, the current version does not',
      [candidate(0, 2), arm('current', 0), arm('none', 1)],
      'worse',
    ],
    [
      'better than the current version but not than none',
      [candidate(1), arm('current', 0), arm('none', 1)],
      'same',
    ],
    ['better than both', [candidate(1), arm('current', 0), arm('none', 0)], 'better'],
    ['all do it at the same price', [candidate(1), arm('current', 1), arm('none', 1)], 'same'],
    [
      'cheaper than the cheapest other',
      [candidate(1, 1, 500), arm('current', 1), arm('none', 1, 1, 3_000)],
      'cheaper',
    ],
    [
      'cheaper than the current version, dearer than none',
      [candidate(1, 1, 800), arm('current', 1), arm('none', 1, 1, 400)],
      'dearer',
    ],
    ['the candidate does it at times', [candidate(1, 2), arm('none', 1)], 'unsure'],
    ['the other does it at times', [candidate(1), arm('none', 1, 2)], 'unsure'],
    ['nothing ran', [], 'open'],
  ])('%s', (_, arms, expected) => {
    expect(judgeCase(arms, GATE_RULES)).toBe(expected);
  });

  it('a failure where another arm succeeds is looked at twice, and no third time', () => {
    expect(needsSecondLook([candidate(0), arm('none', 1)])).toBe(true);
    expect(needsSecondLook([candidate(0, 2), arm('none', 1)])).toBe(false);
    expect(needsSecondLook([candidate(0), arm('none', 0)])).toBe(false);
  });
});

const cases = (...results: (CaseResult | `own-${CaseResult}`)[]): CaseReport[] =>
  results.map((text, index) => {
    const own = text.startsWith('own-');
    const result = (own ? text.slice(4) : text) as CaseResult;
    const control = result !== 'better' && result !== 'open';
    return { caseId: `run_${index}`, own, result, control, arms: [], checks: [] };
  });

describe('all cases together', () => {
  it.each<[string, CaseReport[], 'reject' | 'trial' | 'trusted']>([
    ['two other tasks newly done, one as before', cases('better', 'better', 'same'), 'trusted'],
    ['four other tasks cheaper', cases('cheaper', 'cheaper', 'cheaper', 'cheaper'), 'trusted'],
    ['three cheaper may be chance', cases('cheaper', 'cheaper', 'cheaper'), 'trial'],
    [
      'its own gain proves nothing',
      cases('own-better', 'own-better', 'own-better', 'better', 'same'),
      'trial',
    ],
    ['one worse, whatever else', cases('better', 'better', 'better', 'better', 'worse'), 'reject'],
    ['its own task worse', cases('better', 'better', 'own-worse'), 'reject'],
    ['no difference', cases('same', 'same', 'same'), 'reject'],
    ['only dearer', cases('dearer', 'dearer', 'same'), 'reject'],
    ['dearer where little is known', cases('dearer'), 'reject'],
    ['nothing that could have got worse', cases('better', 'better', 'better'), 'trial'],
    ['too few tasks that tell', cases('better', 'same', 'open', 'open'), 'trial'],
    ['runs that differ', cases('better', 'better', 'same', 'unsure'), 'trial'],
    ['nothing at all', [], 'trial'],
  ])('%s', (_, reports, expected) => {
    const { decision, reasons } = decide(reports, GATE_RULES);
    expect(decision).toBe(expected);
    expect(reasons.length).toBeGreaterThan(0);
  });
});
