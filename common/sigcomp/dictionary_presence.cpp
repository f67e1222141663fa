#include "common/sigcomp/dictionary.hpp"

namespace ims::sigcomp {

namespace {

// RFC 5112 3: strings of presence documents, then the table of where they stand.
// clang-format off
constexpr char presence_octets[] =
    "convention-centerminatedepressedisgustedindustrialast-input=humiliatedomain=automobilecuriouspirits"
    "-INDPsend-onlypatheaterestlessleepyin-personalonelyplayfulowerthannoyeduncomfortablexclude=confused"
    "vacationclubus-stationaircrafthirstycourierejectedhistinfofficeremove=arenabled=REFEREGISTERwaiting"
    "rumpyprefix=halfreightmeangrySUBSCRIBEprovationinclude=approvedholidayunknownparkingMESSAGEworriedh"
    "umbledairportashamedplayingPUBLISHhungrycrankyamazedafraidUPDATENOTIFYINVITECANCELfriendpostalfamil"
    "yprisonin_awebravequietboredPRACKproudfixedhotelhappycafecid=bankmin=awaymax=mealbusyworkurn=coldhu"
    "rtjealouspirits-user-progovernmentrain-stationorefersubscribeforetransmission-alloweduration-subscr"
    "ibed=higherthanxiouservice-description=breakfastadiumsg-takeremorsefull:civicLoconferencequalstress"
    "edwatercrafterange:basicPolicyclecountrychangeduntil=addeduri=whatpermanent-absencembarrassedeactiv"
    "atedistractedinnervouselfilterelievedflirtatiousage-ruleservcapspheregistration-state=barring-state"
    "xternal-rulesetime-offsetdialogin_loverriding-willingnesspectatoresidencevent-packagesupervisoresta"
    "urantruckplmobilityjoinappropriateventlisteeringiveuprincipalanguageschemessage-summaryplace-of-wor"
    "shiplace-type=:timed-status-iconstructioneutralINFOPTIONSiemens-RTP-Statservice-idle-threshold=publ"
    "ic-transportoobrightriggeresource=:geopriv100relationshipoc-settingsurprisedarkurn:oma:xml:prs:pidf"
    ":oma-presentationoisy:simple-filter-setimeoutdoorschoolpartialocation-informationameetingcalmethods"
    "toretention-expiry:watcherinfoffendedcontrolooking-for-workingwatcher-listreetplace-isfocusounderwa"
    "yhomepageprivacywarehouser-inputravelbothereceive-only:rlminvalue=:capsleepinguiltyinvinciblevent=m"
    "oodypackage=priorityvideofrom=audiocardpos=automatapplicationotsupportedeviceIDimpressedisappointed"
    "note-wellibrary:data-modelectronicivicAddressarcasticontentedindignantimereplaceshockedclassistanti"
    "mestamprovided-by:cipidf-fullState=actoremovedbusinesseriousel=:schemaxvalue=:rpidurn:ietf:params:x"
    "ml-patch-opsec-agreearly-session-paticipation-the-phonetwork-availabilityperformancexcitedprecondit"
    "ionoresource-priority=falservice-classroomustUnderstandisplay-name=instancextensions-bindingsdp-ana"
    "ttendantrue:pidf-diffrustrateduplexpiration=contactivitieshopping-areason=appointmentity=associaten"
    "coding=interestedevcapstatus=activersion=winfopendingin-transituplehospitalang=<?xmlns=sickpresence"
    "UTF-8?>closed\005\r4\010\r\006\011\014\343\007\rH\006\r6\023\013\253\005\011e\007\014\324\010\r@"
    "\005\r#\005\0145\007\014\256\005\r/\006\010\271\005\007+\004\r\022\006\rO\011\014,\004\014\211\004"
    "\n\366\011\013W\013\013\005\010\n\332\006\n\332\006\004\211\005\013\246\004\013\224\006\005\005\007"
    "\013?\016\013\272\007\013\230\n\014\215\011\013m\011\014\216\016\014H\n\014\262\035\011V\r\0148\006"
    "\007\272\013\010\271\013\007\354\006\r\002\n\nF\004\010\364\006\013j\004\n\266\014\014U\010\n1\004"
    "\n\222\010\n\033\005\n\261\004\010\300\005\n'\005\n\247\005\n\254\004\n\272\004\007\334\005\010\255"
    "\n\011)\n\010\247\005\nV\005\013M\007\011*\r\011\247\013\007\251\006\011\306\013\013_\014\011\337"
    "\013\011\340\006\007\313\014\n\013\011\011 \010\n\227\007\011\340\007\014\373\006\n\214\016\011\177"
    "\n\011\207\013\014q\n\014q\006\007\223\005\nf\004\010g\004\011\272\010\011 \n\013r\005\nr\010\007"
    "\263\013\n\305\007\011\362\007\010\211\004\010\255\010\n\276\006\014\237\013\006\320\016\010&\010\n"
    "\237\007\011\306\n\014i\007\010\205\005\013|\007\n9\014\0114\007\n!\011\010}\007\014\365\013\014"
    "\243\024\006\246\r\010\262\014\007*\014\010\263\004\007V\007\011\032\004\007R\007\007@\005\007M\007"
    "\013\200\006\007G\026\006\221\010\014b\020\011\317\020\007\335\011\n\366\011\006\374\014\013\027"
    "\007\0079\004\006\370\007\011\241\006\006\215\005\007!\004\nU\011\n\322\014\n\317\023\006\310\n\010"
    "\354\007\r\006\013\010\014\024\013\325\022\007\276\r\007\321\026\010\001\024\013\361\006\005\264"
    "\007\004V\011\004\027\014\n\352\011\004\037\n\007~\013\007j\007\014\017\013\007\240\n\014\226\006"
    "\005(\006\n}\005\006\037\007\005\213\n\004<\006\005\256\004\006P\011\n\342\006\005\366\007\007\375"
    "\011\0133\n\014\354\n\n\203\007\006T\006\004\220\004\005?\005\n\222\007\007\212\007\010\314\010\011"
    "\352\007\004\226\005\006\020\010\007\230\n\006\361\010\004y\011\013\"\007\013\216\007\013F\004\r<"
    "\006\004\200\010\007\022\011\011J\007\004\343\007\005\204\005\011z\005\006\001\011\011\022\004\011R"
    "\r\004\252\r\010V\010\004\334\007\005\222\005\005\014\n\004L\004\006,\013\004\321\004\006$\011\014@"
    "\004\004\316\014\010\301\021\004\000\005\0074\n\006j\010\r(\005\006\032\n\004(\007\n\376\006\004"
    "\377\010\011\224\007\005v\020\010\230\006\005\360\006\011\003\020\011\003\011\010\036\n\010<\006"
    "\011\233\r\014\273\007\006\343\005\011\314\006\n\025\007\004s\005\006s\r\006s\005\010E\010\n)\011\n"
    "@\005\007\032\n\007\032\011\013O\011\014\333\006\005\352\006\005\336\n\004\016\n\013\016\011\006"
    "\206\010\005`\013\007t\011\005O\010\004\360\007\011\220\006\010p\n\014!\007\005o\013\014\314\004"
    "\007\220\007\004\352\n\0103\004\0064\011\006\334\004\006@\007\005.\004\006H\006\007\207\007\005h\n"
    "\r\032\007\004E\007\005\005\010\005\016\010\005X\010\004\266\020\011\370\004\006<\007\011\274\014"
    "\006\320\014\013\347\004\006D\004\n1\013\014\005\004\006(\021\007Z\007\014\305\007\005\240\014\011o"
    "\010\014\273\010\nv\011\010\026\010\010i\006\005\344\011\004\206\007\0058\006\nO\010\004\306\017"
    "\010\364\013\0041\007\n\004\007\010\241\r\014U\006\005\300\006\005\272\005\005A\010\013\207\010\004"
    "\211\004\0055\014\nZ\011\004h\011\004\234\n\006\272\006\007\r\005\007%\011\013\235\011\ni\006\nl"
    "\004\0068\004\0060\007\r\023\010\010L\005\006\025\006\004P\n\007\004\006\007\367\004\010I\017\010"
    "\211\014\011?\005\006\201\021\010\334\r\004\\\021\006Z\005\r\016\006\005\330\004\010\323\006\005"
    "\322\007\005}\006\005\314\007\010\326\005\006\013\007\005\247\005\005\026\010\005\032\011\005F\006"
    "\005\306\006\0111\r\013\317\011\010b\010\004\370\004\010T\n\006\177\004\004q\014\014\026\004\005."
    "\010\013?\021\014#\010\014{\011\013\307\007\007\366\005\013;\011\010u\011\014\201\011\006\351\013"
    "\011\260\007\005\"\007\004\243\007\006\302\007\005\231\005\006\006\005\005\374\004\011\303\004\006L"
    "\010\004\276\011\013*";
// clang-format on
static_assert(sizeof presence_octets == 3475 + 1);

}  // namespace

std::string_view presence_dictionary() {
    return {presence_octets, sizeof presence_octets - 1};
}

}  // namespace ims::sigcomp
