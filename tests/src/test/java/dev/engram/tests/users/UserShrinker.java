package dev.engram.tests.users;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Drops deeds of a user while what went wrong still does. */
final class UserShrinker {
  private UserShrinker() {}

  static UserCase shrink(UserCase user, Predicate<UserCase> fails) {
    UserCase least = user;
    for (int part = user.deeds().size() / 2; part >= 1; part /= 2) {
      boolean smaller = true;
      while (smaller) {
        smaller = false;
        for (int at = 0; at + part <= least.deeds().size(); at++) {
          List<Deed> fewer = new ArrayList<>(least.deeds());
          fewer.subList(at, at + part).clear();
          if (fails.test(least.with(fewer))) {
            least = least.with(fewer);
            smaller = true;
            break;
          }
        }
      }
    }
    return least;
  }
}
