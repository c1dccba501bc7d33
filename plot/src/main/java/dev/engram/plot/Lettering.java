package dev.engram.plot;

import java.awt.AWTError;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.HeadlessException;
import java.awt.font.TextLayout;
import java.awt.image.BufferedImage;

/**
 * Checks that text can be drawn. Without fontconfig or a font, Java fails in many different ways.
 */
final class Lettering {
  /** The font family of all texts, which every Java maps to a font of the machine. */
  static final String FAMILY = Font.SANS_SERIF;

  private static final String INSTALL =
      "install fontconfig and a font (on Debian and Ubuntu: fontconfig and fonts-dejavu-core; on"
          + " Fedora: fontconfig and dejavu-sans-fonts)";
  private static final String HEADLESS = "run Java with -Djava.awt.headless=true";

  private Lettering() {}

  /**
   * Draws a letter in memory as a test.
   *
   * @throws NoPictureException when that fails, whatever the JDK throws: a {@code
   *     NoClassDefFoundError} or {@code UnsatisfiedLinkError}, an {@code InternalError}, an {@code
   *     AWTError}, a {@code NullPointerException} out of {@code sun.font}
   */
  static void check() throws NoPictureException {
    try {
      Graphics2D g = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
      new TextLayout("x", new Font(FAMILY, Font.PLAIN, 12), g.getFontRenderContext()).draw(g, 0, 1);
      g.dispose();
    } catch (RuntimeException | LinkageError | InternalError | AWTError e) {
      throw new NoPictureException(message(e), e);
    }
  }

  private static String message(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    boolean display = root instanceof AWTError || root instanceof HeadlessException;
    String reason = root.getMessage() == null ? root.toString() : root.getMessage();
    return (display ? "this Java cannot draw without a display" : "this Java cannot draw letters")
        + " ("
        + reason.lines().findFirst().orElse("")
        + "); "
        + (display ? HEADLESS : INSTALL);
  }
}
