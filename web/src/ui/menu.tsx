// A menu of actions behind one button.
import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';

export interface MenuItem {
  readonly text: string;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}

/** Not modal: a modal one would write a style element into the page, which its security policy forbids. */
export function ActionMenu(props: { readonly label: string; readonly items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="icon-button" aria-label={props.label}>
        <Ellipsis aria-hidden size={18} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {props.items.map((item) => (
            <DropdownMenu.Item
              key={item.text}
              className={item.isDanger ? 'menu-item danger-text' : 'menu-item'}
              disabled={item.isDisabled ?? false}
              onSelect={item.onSelect}
            >
              {item.text}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
