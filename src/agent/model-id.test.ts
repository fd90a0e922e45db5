// Model ids and base URLs as people write them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OpenSpaceError } from '../lib/index.ts';
import { findProvider, normaliseBaseUrl, PROVIDERS, parseModelId } from './index.ts';

describe('parseModelId', () => {
  it.each([
    ['openrouter/anthropic/claude-sonnet-4.5', 'openrouter', 'anthropic/claude-sonnet-4.5'],
    ['anthropic/claude-sonnet-4-5', 'anthropic', 'claude-sonnet-4-5'],
    ['google/gemini-2.5-flash', 'gemini', 'gemini-2.5-flash'],
    ['gemini/gemini-2.5-flash', 'gemini', 'gemini-2.5-flash'],
    ['ollama/qwen3', 'ollama', 'qwen3'],
    ['ollama/qwen3:8b', 'ollama', 'qwen3:8b'],
    ['ark/doubao-seed', 'volcengine', 'doubao-seed'],
    ['openai-compatible/my-model', 'custom', 'my-model'],
    ['custom/meta-llama/Llama-3', 'custom', 'meta-llama/Llama-3'],
    [' OpenRouter/x-ai/grok-4 ', 'openrouter', 'x-ai/grok-4'],
    ['claude-sonnet-4-5', 'anthropic', 'claude-sonnet-4-5'],
    ['gpt-4.1', 'openai', 'gpt-4.1'],
    ['o3-mini', 'openai', 'o3-mini'],
    ['gpt4o', 'openai', 'gpt4o'],
    ['deepseek-chat', 'deepseek', 'deepseek-chat'],
    ['gemini-2.5-pro', 'gemini', 'gemini-2.5-pro'],
    ['glm-4.6', 'zhipu', 'glm-4.6'],
    ['qwen3-max', 'dashscope', 'qwen3-max'],
    ['kimi-k2-0905-preview', 'moonshot', 'kimi-k2-0905-preview'],
    ['MiniMax-M2', 'minimax', 'MiniMax-M2'],
    ['grok-4', 'xai', 'grok-4'],
    ['mistral-large-latest', 'mistral', 'mistral-large-latest'],
  ])('reads %s', (text, provider, model) => {
    const result = parseModelId(text);
    expect(result).toMatchObject({ kind: 'known', model });
    if (result.kind === 'known') expect(result.provider.id).toBe(provider);
  });

  it.each([
    ['spark-max', undefined],
    ['benchmark', undefined],
    ['openruter/anthropic/claude', 'openrouter/anthropic/claude'],
    ['antropic/claude', 'anthropic/claude'],
    ['meta-llama/llama-3', 'openrouter/meta-llama/llama-3'],
    ['iflytek/spark-max', 'openrouter/iflytek/spark-max'],
    ['openai', undefined],
    ['openai/', undefined],
    ['', undefined],
  ])('does not know %j, and suggests %s', (text, suggestion) => {
    const result = parseModelId(text);
    expect(result.kind).toBe('unknown');
    if (result.kind === 'unknown') {
      expect(result.suggestion).toBe(suggestion);
      expect(result.reason).not.toBe('');
    }
  });

  it('cuts at the first slash for every provider and any model name', () => {
    const names = PROVIDERS.flatMap((provider) => [provider.id, ...provider.aliases]);
    const model = fc.stringMatching(/^[a-z0-9][a-z0-9./:_-]{0,20}$/);
    fc.assert(
      fc.property(fc.constantFrom(...names), model, (name, model) => {
        expect(parseModelId(`${name}/${model}`)).toEqual({
          kind: 'known',
          provider: findProvider(name),
          model,
        });
      }),
    );
  });
});

describe('normaliseBaseUrl', () => {
  it.each([
    ['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1'],
    ['https://openrouter.ai/api/v1/', 'https://openrouter.ai/api/v1'],
    [' "https://openrouter.ai/api/v1/chat/completions" \r\n', 'https://openrouter.ai/api/v1'],
    ['https://api.deepseek.com/chat/completions/', 'https://api.deepseek.com'],
    ['https://api.anthropic.com/v1/messages', 'https://api.anthropic.com/v1'],
    ['http://localhost:8000/v1/embeddings', 'http://localhost:8000/v1'],
    ['https://example.com', 'https://example.com'],
    ['HTTPS://Example.com:443/V1', 'https://example.com/V1'],
  ])('reads %j', (text, url) => {
    expect(normaliseBaseUrl(text)).toBe(url);
  });

  it.each([
    ['http://127.0.0.1:11434', 'ollama', 'http://127.0.0.1:11434/v1'],
    ['http://gpu.local:11434/', 'ollama', 'http://gpu.local:11434/v1'],
    ['https://api.anthropic.com', 'anthropic', 'https://api.anthropic.com/v1'],
    ['https://openrouter.ai', 'openrouter', 'https://openrouter.ai/api/v1'],
    ['https://proxy.example.com', 'anthropic', 'https://proxy.example.com'],
    ['https://api.deepseek.com', 'deepseek', 'https://api.deepseek.com'],
  ])('gives %s of %s its usual path', (text, provider, url) => {
    expect(normaliseBaseUrl(text, findProvider(provider))).toBe(url);
  });

  it.each([
    'openrouter.ai/api/v1',
    'localhost:11434',
    'ftp://x/v1',
    '',
    'https://',
    'https://x/v1?key=abc',
    'nonsense',
  ])('refuses %j with a hint', (text) => {
    expect(() => normaliseBaseUrl(text)).toThrow(OpenSpaceError);
    expect(() => normaliseBaseUrl(text)).toThrow(
      expect.objectContaining({ code: 'config', hint: expect.any(String) }),
    );
  });

  it('refuses a password without repeating it', () => {
    expect(() => normaliseBaseUrl('https://user:hunter22@x.com/v1')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter22') }),
    );
  });

  it('changes a URL that it made no further', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        const once = normaliseBaseUrl(url);
        expect(normaliseBaseUrl(once)).toBe(once);
      }),
    );
  });

  it('every default base is in its own normal form', () => {
    for (const provider of PROVIDERS) {
      if (provider.defaultBaseUrl === undefined) continue;
      expect(normaliseBaseUrl(provider.defaultBaseUrl, provider)).toBe(provider.defaultBaseUrl);
    }
  });
});
