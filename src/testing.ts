// The second public entry: fakes for tests of programs that use OpenSpace.
export {
  type Script,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
  scriptedModel,
} from './agent/index.ts';
