import { useState } from 'react';
import { type Arranged, arrange, type StableOrder } from './stable-order.ts';

/** `arrange` over the life of a list: the order is kept until the person asks for another one. */
export function useStableOrder(key: string, sorted: readonly string[]): Arranged {
  const [order, setOrder] = useState<StableOrder>();
  const arranged = arrange(order, key, sorted);
  // Adjusting state while rendering: React renders again at once, before anything is painted.
  if (order?.key !== arranged.order.key || order.ids !== arranged.order.ids) setOrder(arranged.order);
  return arranged;
}
