// Prints the still of a widget: `node stills.mjs NAME`.

const widgets = new URL('../../../book/widgets/', import.meta.url);
const { still } = await import(new URL('widget.js', widgets));
const { default: widget } = await import(new URL(`${process.argv[2]}.js`, widgets));
process.stdout.write(still(widget));
