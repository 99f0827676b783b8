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

  // How much was seen, in percent: what was skipped does not count, what was seen twice counts once.
  const seen = () => {
    let seconds = 0;
    for (let i = 0; i < video.played.length; ++i) seconds += video.played.end(i) - video.played.start(i);
    return video.duration > 0 ? (100 * seconds) / video.duration : 0;
  };
  const marks = () => {
    const percent = seen();
    for (const mark of [25, 50, 75]) if (percent >= mark) tell(`watched_${mark}`);
    // The last frame may be a little shorter than the file says.
    if (video.ended && percent >= 95) tell('completed');
  };
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
  video.addEventListener('timeupdate', marks);
  video.addEventListener('pause', marks);
  addEventListener('pagehide', marks);
  video.addEventListener('ended', () => {
    marks();
    play.setAttribute('aria-label', play.dataset.again);
    play.classList.add('seen');
    if (!document.fullscreenElement) invite();
  });
})();
