// Starts the web app: language, theme, then the page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { applyTheme, storedTheme } from './app/theme.ts';
import { loadMessages, preferredLanguage } from './i18n/language.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/content.css';
import './styles/charts.css';
import './styles/diff.css';
import './styles/pages.css';

applyTheme(storedTheme());
const language = preferredLanguage();
const messages = await loadMessages(language);
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App language={language} messages={messages} />
    </StrictMode>,
  );
