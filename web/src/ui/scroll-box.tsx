// A block that scrolls when its content is too large, and is a stop for the keyboard just then.
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';

interface Props {
  /** What it holds, for screen readers. */
  readonly label: string;
  readonly className: string;
  readonly ref?: Ref<HTMLDivElement>;
  readonly children: ReactNode;
}

export function ScrollBox({ label, className, ref, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useImperativeHandle<HTMLDivElement | null, HTMLDivElement | null>(ref, () => box.current);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const update = () => {
      const scrolls =
        element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
      if (!scrolls) {
        for (const name of ['tabindex', 'role', 'aria-label']) element.removeAttribute(name);
        return;
      }
      element.tabIndex = 0;
      element.role = 'group';
      element.ariaLabel = label;
    };
    const observer = new ResizeObserver(update);
    observer.observe(element);
    // The box keeps its size when its content grows.
    for (const child of element.children) observer.observe(child);
    update();
    return () => observer.disconnect();
  }, [label]);
  return (
    <div ref={box} className={className}>
      {children}
    </div>
  );
}

/** Text as it is, in a block of its own. */
export function TextBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <ScrollBox className="text-block" label={label}>
      <pre>{text}</pre>
    </ScrollBox>
  );
}
