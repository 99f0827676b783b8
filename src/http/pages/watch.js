(() => {
  const told = new Set();
  const tell = (event) => {
    if (told.has(event)) return;
    told.add(event);
    navigator.sendBeacon(document.body.dataset.events, event);
  };

  // Opened means that somebody has the page before their eyes: not prerendered, not in a hidden tab.
  const look = () => {
    if (document.visibilityState === 'visible' && !document.prerendering) tell('opened');
  };
  document.addEventListener('visibilitychange', look);
  document.addEventListener('prerenderingchange', look);
  look();

  const video = document.querySelector('video');
  const play = document.querySelector('.play');
  const invite = () => {
    video.controls = false;
    play.hidden = false;
  };
  invite();
  play.addEventListener('click', () => {
    video.controls = true;
    play.hidden = true;
    video.focus();
    video.play().catch(invite);
  });
  video.addEventListener('play', () => {
    play.hidden = true;
    video.controls = true;
    tell('played');
  });
  video.addEventListener('ended', () => {
    tell('completed');
    play.setAttribute('aria-label', play.dataset.again);
    play.classList.add('seen');
    if (!document.fullscreenElement) invite();
  });
})();
