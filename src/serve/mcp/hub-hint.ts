// Whether a skill hub seems to be set up: a quick look, for how tools are described.
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { isPresent } from '../../lib/index.ts';

/** True if searching may reach out to a hub. */
export const mayUseHub = (config: Config): boolean =>
  config.get('cloud.api_base') !== undefined ||
  config.get('cloud.api_key') !== undefined ||
  isPresent(join(config.home, 'hub.json'));
