import { describe, expect, it } from 'vitest';
import { type Database, openDatabase, type World } from '../lib/index.ts';
import { type Job, openQueue, type QueueOptions } from './queue.ts';

function open(options: QueueOptions = {}) {
  let time = Date.parse('2026-11-24T10:00:00Z');
  let chance = 0;
  const world: World = {
    now: () => new Date(time),
    randomHex: () => {
      chance += 1;
      return `lease-${chance}`;
    },
  };
  const db: Database = openDatabase({ path: ':memory:' });
  const queue = openQueue(db, { world, leaseMs: 1_000, backoffMs: 100, ...options });
  const pass = (ms: number) => {
    time += ms;
  };
  return { db, queue, pass };
}

function take(queue: ReturnType<typeof open>['queue']): Job {
  const claim = queue.claim();
  if (claim.status !== 'job') throw new Error(`no job: ${claim.status}`);
  return claim.job;
}

describe('queue', () => {
  it('does a key once, whoever adds it again and whenever', () => {
    const { queue } = open();
    expect(queue.add({ kind: 'analyze', key: 'run-1', payload: {} })).toBe(true);
    expect(queue.add({ kind: 'analyze', key: 'run-1', payload: {} })).toBe(false);
    expect(queue.finish(take(queue))).toBe(true);
    expect(queue.add({ kind: 'analyze', key: 'run-1', payload: {} })).toBe(false);
    expect(queue.claim()).toEqual({ status: 'empty' });
  });

  it('gives a job to one worker, and to the next one when the first has died', () => {
    const { queue, pass } = open();
    queue.add({ kind: 'analyze', key: 'a', payload: { run: 'r' } });
    const first = take(queue);
    expect(queue.claim()).toEqual({ status: 'wait', inMs: 1_000 });
    pass(1_001);
    const second = take(queue);
    expect(second).toMatchObject({ key: 'a', attempts: 2, payload: { run: 'r' } });
    let effects = 0;
    const count = () => {
      effects += 1;
    };
    expect(queue.finish(first, count)).toBe(false);
    expect(queue.renew(first)).toBe(false);
    expect(queue.fail(first, 'late')).toBe(false);
    expect(queue.finish(second, count)).toBe(true);
    expect(effects).toBe(1);
  });

  it('keeps a lease that is renewed', () => {
    const { queue, pass } = open();
    queue.add({ kind: 'analyze', key: 'a', payload: {} });
    const job = take(queue);
    pass(900);
    expect(queue.renew(job)).toBe(true);
    pass(900);
    expect(queue.claim().status).toBe('wait');
    expect(queue.finish(job)).toBe(true);
  });

  it('undoes the end of a job whose effects fail', () => {
    const { queue, db } = open();
    queue.add({ kind: 'evolve', key: 'a', payload: {} });
    const job = take(queue);
    const broken = () => {
      queue.add({ kind: 'evolve', key: 'follow-up', payload: {} });
      throw new Error('disk full');
    };
    expect(() => queue.finish(job, broken)).toThrow('disk full');
    expect(queue.find('follow-up')).toBeUndefined();
    expect(queue.find('a')?.status).toBe('running');
    expect(db.get('SELECT count(*) AS n FROM learn_jobs')).toEqual({ n: 1 });
  });

  it('tries again after a growing pause, then fails with the last reason', () => {
    const { queue, pass } = open({ maxAttempts: 2 });
    queue.add({ kind: 'analyze', key: 'a', payload: {} });
    queue.fail(take(queue), 'overloaded');
    expect(queue.claim()).toEqual({ status: 'wait', inMs: 100 });
    pass(100);
    queue.fail(take(queue), 'overloaded again');
    expect(queue.find('a')).toEqual({ status: 'failed', attempts: 2, reason: 'overloaded again' });
    expect(queue.reopen('a')).toBe(true);
    pass(1_000);
    expect(take(queue).attempts).toBe(1);
  });

  it('fails a job that kills its worker each time, after exactly the allowed number of tries', () => {
    const { queue, pass } = open({ maxAttempts: 3 });
    queue.add({ kind: 'analyze', key: 'poison', payload: {} });
    for (const attempt of [1, 2, 3]) {
      expect(take(queue).attempts).toBe(attempt);
      pass(1_001);
    }
    expect(queue.claim()).toEqual({ status: 'empty' });
    expect(queue.find('poison')).toMatchObject({ status: 'failed', attempts: 3 });
  });

  it('does one job of a lineage at a time, and others meanwhile', () => {
    const { queue } = open();
    queue.add({ kind: 'evolve', key: 'a1', lineage: 'skill-a', payload: {} });
    queue.add({ kind: 'evolve', key: 'a2', lineage: 'skill-a', payload: {} });
    queue.add({ kind: 'evolve', key: 'b1', lineage: 'skill-b', payload: {} });
    const first = take(queue);
    expect(first.key).toBe('a1');
    expect(take(queue).key).toBe('b1');
    expect(queue.claim().status).toBe('wait');
    queue.finish(first);
    expect(take(queue).key).toBe('a2');
  });

  it.each([
    ['tokens', { tokens: 1_000 }],
    ['money', { costUsd: 0.5 }],
  ])('stops at the daily budget of %s and goes on the next day', (_, budget) => {
    const { queue, pass } = open({ budget });
    queue.add({ kind: 'analyze', key: 'a', payload: {} });
    queue.recordSpending({ role: 'analysis', tokens: 600, costUsd: 0.3 });
    expect(take(queue).key).toBe('a');
    queue.add({ kind: 'analyze', key: 'b', payload: {} });
    queue.recordSpending({ role: 'analysis', tokens: 600, costUsd: 0.3 });
    expect(queue.claim()).toMatchObject({ status: 'budget', spent: { tokens: 1_200 } });
    expect(queue.find('b')?.status).toBe('pending');
    pass(24 * 60 * 60 * 1_000);
    expect(queue.claim().status).toBe('job');
  });
});
