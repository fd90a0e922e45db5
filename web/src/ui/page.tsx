// A page with its title, and the sections in it.
import { type ReactNode, useEffect, useId } from 'react';

interface PageProps {
  readonly title: string;
  /** Shown in place of the title, which stays the document's. */
  readonly heading?: ReactNode;
  readonly aside?: ReactNode;
  readonly above?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, heading, aside, above, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · OpenSpace`;
  }, [title]);
  return (
    <div className="page">
      {above}
      <div className="page-head">
        <h1>{heading ?? title}</h1>
        {aside}
      </div>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Section({ title, aside, className = '', children }: SectionProps) {
  const id = useId();
  return (
    <section className={`section ${className}`} aria-labelledby={id}>
      <div className="section-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A figure with its name below and, if there is one, what it means. */
export function Figure(props: {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
}) {
  return (
    <div className="figure">
      <dt>{props.name}</dt>
      <dd>
        <span className="figure-value">{props.value}</span>
        {props.note ? <span className="figure-note">{props.note}</span> : null}
      </dd>
    </div>
  );
}

/** Names and values, one a line. */
export function Facts(props: { readonly items: readonly (readonly [string, ReactNode] | false)[] }) {
  return (
    <dl className="facts">
      {props.items.map((item) =>
        item === false ? null : (
          <div key={item[0]}>
            <dt>{item[0]}</dt>
            <dd>{item[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
