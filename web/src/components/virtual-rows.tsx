import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';

interface VirtualRowsProps {
  count: number;
  rowHeight: number;
  renderRow: (index: number) => ReactNode;
  rowKey: (index: number) => string;
  /** Rows on screen, told when scrolling rests for a moment. */
  onVisible?: (first: number, last: number) => void;
}

/** Rows of one height, of which only those near the screen exist. The page itself scrolls: no box in a box. */
export function VirtualRows({ count, rowHeight, renderRow, rowKey, onVisible }: VirtualRowsProps) {
  const list = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setMargin(Math.round(list.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  // oxlint-disable-next-line react/incompatible-library -- no compiler runs over this code
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: margin,
    getItemKey: rowKey,
  });
  useEffect(() => virtualizer.measure(), [rowHeight, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index;
  const last = items.at(-1)?.index;
  useEffect(() => {
    if (first === undefined || last === undefined || !onVisible) return;
    const timer = setTimeout(() => onVisible(first, last), 80);
    return () => clearTimeout(timer);
  }, [first, last, onVisible]);

  return (
    <div ref={list} role="rowgroup" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
      {items.map((item) => (
        <div
          key={item.key}
          role="row"
          aria-rowindex={item.index + 2}
          style={{ position: 'absolute', top: 0, left: 0, right: 0, height: rowHeight, transform: `translateY(${item.start - margin}px)` }}
        >
          {renderRow(item.index)}
        </div>
      ))}
    </div>
  );
}
