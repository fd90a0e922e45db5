// The light door of learning: the ledger alone, without analysis, authors and replays.
export { type Ledger, openLedger } from '../ledger.ts';
