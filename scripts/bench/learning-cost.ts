// `npm run bench:learning-cost`: what the engine sends around one trivial task, with one fix and one capture.
import { measureLearningCost, renderLearningCost } from '../../evals/learning-cost/measure.ts';

process.stdout.write(`${renderLearningCost(await measureLearningCost())}\n`);
