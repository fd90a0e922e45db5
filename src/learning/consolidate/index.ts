// Library economics: proposals for a smaller and better library, carried out and taken back.
export { type Applied, applyProposal, type TakenBack, undoConsolidation } from './apply.ts';
export {
  CONSOLIDATION_RULES,
  type ConsolidationOptions,
  type Proposal,
  percent,
  proposeConsolidation,
} from './propose.ts';
