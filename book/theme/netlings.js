(function () {
  'use strict';

  // The sidebar's toggle is a <label>: give it a role, focus and keys.
  var toggle = document.getElementById('mdbook-sidebar-toggle');
  if (toggle && toggle.tagName === 'LABEL') {
    toggle.setAttribute('role', 'button');
    toggle.tabIndex = 0;
    toggle.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        toggle.click();
      }
    });
  }
  var bar = document.getElementById('mdbook-menu-bar');
  if (bar) {
    bar.setAttribute('role', 'region');
    bar.setAttribute('aria-label', 'Page tools');
  }

  // A link to the text for those who come by keyboard.
  var main = document.querySelector('main');
  if (main) {
    main.id = main.id || 'content-main';
    main.tabIndex = -1;
    var skip = document.createElement('a');
    skip.href = '#' + main.id;
    skip.className = 'skip-link';
    skip.textContent = 'Skip to the text';
    document.body.insertBefore(skip, document.body.firstChild);
  }

  // Widgets keep their keys: mdBook would turn the page on → and search on s.
  document.querySelectorAll('[data-widget]').forEach(function (widget) {
    widget.addEventListener('keydown', function (event) {
      var plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && event.key !== 'Tab' && event.key !== 'Escape') event.stopPropagation();
    });
  });

  // What scrolls sideways can be scrolled by keyboard, and what heads no column
  // of a table is no heading.
  function reach() {
    document.querySelectorAll('.figure-frame, .table-wrapper, pre > code').forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute('tabindex');
    });
  }
  window.addEventListener('load', reach);
  window.addEventListener('resize', reach);
  document.querySelectorAll('main th:empty').forEach(function (heading) {
    heading.replaceWith(document.createElement('td'));
  });

  // From a terminal's listing, the copy button takes the commands alone.
  document.addEventListener('click', function (event) {
    var button = event.target.closest && event.target.closest('.clip-button');
    var code = button && button.closest('pre').querySelector('code.language-console');
    if (!code || !navigator.clipboard) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    var lines = code.textContent.split('\n').filter(function (line) {
      return line.startsWith('$ ');
    });
    navigator.clipboard.writeText(lines.map(function (line) {
      return line.slice(2);
    }).join('\n'));
    button.setAttribute('aria-label', 'Commands copied');
  }, true);

  // On paper, hints and answers are open.
  window.addEventListener('beforeprint', function () {
    document.querySelectorAll('details:not([open])').forEach(function (details) {
      details.open = true;
      details.dataset.opened = 'for print';
    });
  });
  window.addEventListener('afterprint', function () {
    document.querySelectorAll('details[data-opened]').forEach(function (details) {
      details.open = false;
      delete details.dataset.opened;
    });
  });
})();
