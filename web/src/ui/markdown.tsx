// A skill's Markdown as a page. Raw HTML stays text, addresses are checked, and nothing is fetched from elsewhere.
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { ScrollBox } from './scroll-box.tsx';

/** A skill's own title is a part of our page, so its headings start two levels lower. */
const COMPONENTS: Components = {
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  h5: ({ children }) => <h6>{children}</h6>,
  // A picture would be a request to a host that the skill's author chose.
  img: ({ alt, src }) => (
    <span className="markdown-image">[{alt || (typeof src === 'string' ? src : '')}]</span>
  ),
  a: ({ children, href }) =>
    href && /^https?:/i.test(href) ? (
      <a href={href} rel="noreferrer noopener nofollow" target="_blank">
        {children}
      </a>
    ) : (
      <span className="markdown-link" title={href}>
        {children}
      </span>
    ),
  pre: ({ children }) => (
    <ScrollBox className="markdown-code" label="code">
      <pre>{children}</pre>
    </ScrollBox>
  ),
  table: ({ children }) => (
    <ScrollBox className="markdown-table" label="table">
      <table>{children}</table>
    </ScrollBox>
  ),
  input: ({ checked }) => <span aria-hidden>{checked ? '☑ ' : '☐ '}</span>,
};

export default function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS} skipHtml={false}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
